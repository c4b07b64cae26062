/** A column, as texts for people; `distinct` is an estimate. */
export interface ColumnFacts {
  name: string;
  type: string;
  least: string;
  most: string;
  mean: string;
  missingPercent: number;
  distinct: number;
}

export interface TableFacts {
  rows: number;
  /** Rows that the other table does not have, over the columns of both. */
  only: number;
  columns: readonly ColumnFacts[];
}

/** How two tables differ, a line a difference; empty: in nothing that can be seen. */
export function tableDifferences(before: TableFacts, after: TableFacts): string[] {
  const later = new Map(after.columns.map((column) => [column.name, column]));
  const earlier = new Set(before.columns.map(({ name }) => name));
  return [
    ...(before.rows === after.rows ? [] : [`rows: ${before.rows} -> ${after.rows}`]),
    ...(before.only === 0 ? [] : [`rows gone: ${before.only}`]),
    ...(after.only === 0 ? [] : [`rows new: ${after.only}`]),
    ...after.columns
      .filter(({ name }) => !earlier.has(name))
      .map(({ name, type }) => `column ${name} (${type}) is new`),
    ...before.columns.flatMap((column) => {
      const now = later.get(column.name);
      return now ? columnDifferences(column, now) : [`column ${column.name} (${column.type}) is gone`];
    }),
  ];
}

function columnDifferences(before: ColumnFacts, after: ColumnFacts): string[] {
  const facts = (['type', 'least', 'most', 'mean', 'missingPercent', 'distinct'] as const).filter(
    (fact) => before[fact] !== after[fact],
  );
  const words = {
    type: 'type',
    least: 'least',
    most: 'most',
    mean: 'mean',
    missingPercent: '% missing',
    distinct: 'about so many values',
  };
  return facts.map((fact) => `column ${before.name}, ${words[fact]}: ${before[fact]} -> ${after[fact]}`);
}
