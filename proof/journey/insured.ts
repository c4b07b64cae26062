/** Somebody who asks what a year will cost. */
export interface Insured {
  age: number;
  sex: string;
  bmi: number;
  children: number;
  smoker: string;
  region: string;
}

const regions = ['northeast', 'northwest', 'southeast', 'southwest'] as const;

/** The nth of as many different people as are wanted, always the same one. */
export function insured(n: number): Insured {
  const mixed = Math.imul(n + 1, 2_654_435_761) >>> 8;
  return {
    age: 18 + (mixed % 47),
    sex: mixed % 13 < 6 ? 'male' : 'female',
    bmi: 18 + (mixed % 3_001) / 100,
    children: mixed % 6,
    smoker: mixed % 11 < 2 ? 'yes' : 'no',
    region: regions[(mixed % 17) & 3] as string,
  };
}

/** Rows of one shape as CSV, the names of their fields as its head. */
export function csvOf(rows: readonly object[]): string {
  const lines = rows.map((row) => Object.values(row).join(','));
  return [Object.keys(rows[0] ?? {}).join(','), ...lines, ''].join('\n');
}
