import type { FeatureDefinition } from '@vinaigrette/drift';
import { Problem } from '@vinaigrette/problems';

/** A column of a table, as DuckDB calls its type. */
export interface TableColumn {
  name: string;
  type: string;
}

export interface BaselinePlan {
  definitions: FeatureDefinition[];
  /** Columns whose values are segments, "column=value". */
  segments: string[];
}

/**
 * A feature for every column that is neither ignored nor a segment: numbers are numeric, lists are items, all else is a
 * category. `categories` are numbers that only name something. Throws FILE_UNREADABLE naming a column that is not there.
 */
export function planBaseline(
  columns: readonly TableColumn[],
  asked: { ignore?: readonly string[]; segments?: readonly string[]; categories?: readonly string[] },
): BaselinePlan {
  const { ignore = [], segments = [], categories = [] } = asked;
  for (const name of [...ignore, ...segments, ...categories]) {
    if (columns.some((column) => column.name === name)) continue;
    const known = columns.map((column) => column.name).join(', ');
    throw new Problem('FILE_UNREADABLE', `There is no column ${name}, only ${known}`, { field: name });
  }
  const definitions = columns
    .filter(({ name }) => !ignore.includes(name) && !segments.includes(name))
    .map(({ name, type }): FeatureDefinition => {
      if (type.endsWith('[]')) return { name, kind: 'items', from: { kind: 'values', tensor: name } };
      const number = /^(U?(TINY|SMALL|BIG|HUGE)?INT(EGER)?|FLOAT|DOUBLE|DECIMAL.*)$/.test(type);
      if (!number || categories.includes(name)) {
        return { name, kind: 'categorical', from: { kind: 'value', tensor: name } };
      }
      const datatype = type === 'FLOAT' ? 'FP32' : 'FP64';
      return { name, kind: 'numeric', from: { kind: 'value', tensor: name }, datatype };
    });
  return { definitions, segments: [...segments] };
}
