import type { ReadyUseCase } from '@vinaigrette/app-gateway/parts';
import type { FieldType } from '@vinaigrette/documents';
import { Problem } from '@vinaigrette/problems';
import { elementCount, type TensorSpec } from '@vinaigrette/signature';

/** How a column's values are read. A list is written in CSV as JSON, or as texts with semicolons between. */
export type ColumnType = 'number' | 'text' | 'flag' | 'numbers' | 'texts';

/** What a column of the input says of its row. */
export interface InputColumn {
  name: string;
  type: ColumnType;
  use: 'unit' | 'basket' | 'input' | 'attribute' | 'context';
}

/** What a column of the output holds; json: a list, or items. */
export interface OutputColumn {
  name: string;
  type: 'number' | 'text' | 'flag' | 'json';
}

/** The columns of the input that a use case reads. */
export interface BatchPlan {
  read: InputColumn[];
  /** Those of `versionColumns` come last. */
  written: OutputColumn[];
}

const fieldColumns: Record<FieldType, ColumnType> = { number: 'number', text: 'text', flag: 'flag', texts: 'texts' };

/** What answered: the same for all rows that were asked together. */
export const versionColumns: readonly OutputColumn[] = [
  { name: 'model_version', type: 'number' },
  { name: 'use_case_version', type: 'number' },
  { name: 'rule_set_version', type: 'number' },
  { name: 'scored_at', type: 'text' },
];

/**
 * Which of the columns there are is read as what, and which are written. `key` is the column that names the unit;
 * `outputs` those to keep, all when absent. Throws BATCH_INPUT_INVALID where a column is missing that no default fills.
 */
export function planBatch(
  useCase: ReadyUseCase,
  there: readonly string[],
  { key, outputs }: { key?: string | undefined; outputs?: readonly string[] | undefined },
): BatchPlan {
  const { document } = useCase;
  const has = new Set(there);
  const read: InputColumn[] = [];
  const use = (column: InputColumn) => {
    if (has.has(column.name) && !read.some(({ name }) => name === column.name)) read.push(column);
  };
  const needed = [...(key === undefined ? [] : [key]), ...neededColumns(useCase)];
  const missing = needed.filter((name) => !has.has(name));
  if (missing.length > 0) {
    throw new Problem(
      'BATCH_INPUT_INVALID',
      `The input has no column ${missing.join(', ')}, only ${there.join(', ')}`,
      {
        field: missing[0] as string,
      },
    );
  }
  if (key !== undefined) use({ name: key, type: 'text', use: 'unit' });
  if (document.kind === 'recommendation') use({ name: 'basket', type: 'texts', use: 'basket' });
  else {
    for (const spec of useCase.wanted.signature.inputs) {
      use({ name: spec.name, type: columnTypeOf(spec), use: 'input' });
    }
    for (const [name, type] of Object.entries(document.fields)) use({ name, type: fieldColumns[type], use: 'input' });
  }
  for (const [name, type] of Object.entries(document.attributes)) {
    use({ name, type: fieldColumns[type], use: 'attribute' });
  }
  for (const name of ['moment', 'market', 'channel']) use({ name, type: 'text', use: 'context' });
  return {
    read,
    written: [...answerColumns(useCase, outputs), { name: 'fired_rules', type: 'json' }, ...versionColumns],
  };
}

function neededColumns({ document, wanted, ruleSet }: ReadyUseCase): string[] {
  if (document.kind === 'recommendation') return ['basket'];
  const { inputs } = document;
  const byRule = new Set(ruleSet?.rules.before.flatMap(({ rule }) => (rule.action === 'default' ? [rule.input] : [])));
  return wanted.signature.inputs
    .map(({ name }) => name)
    .filter((name) => inputs[name]?.default === undefined && inputs[name]?.from === undefined && !byRule.has(name));
}

function answerColumns({ document, wanted }: ReadyUseCase, chosen: readonly string[] | undefined): OutputColumn[] {
  if (document.kind === 'recommendation') {
    return [
      { name: 'items', type: 'json' },
      { name: 'offered', type: 'json' },
      { name: 'fallback', type: 'text' },
    ];
  }
  const { outputs } = wanted.signature;
  const stranger = chosen?.find((name) => !outputs.some((spec) => spec.name === name));
  if (stranger !== undefined) {
    throw new Problem('BATCH_INPUT_INVALID', `The model answers no ${stranger}`, { field: 'outputs' });
  }
  return outputs
    .filter(({ name }) => chosen?.includes(name) ?? true)
    .map((spec) => ({ name: spec.name, type: isScalar(spec) ? scalarType(spec) : 'json' }));
}

const isScalar = ({ shape }: TensorSpec): boolean => elementCount(shape.slice(1)) === 1;

function scalarType({ datatype }: TensorSpec): 'number' | 'text' | 'flag' {
  return datatype === 'BYTES' ? 'text' : datatype === 'BOOL' ? 'flag' : 'number';
}

function columnTypeOf(spec: TensorSpec): ColumnType {
  const type = scalarType(spec);
  if (isScalar(spec)) return type;
  return type === 'text' ? 'texts' : 'numbers';
}
