/** A person who asks for a quote. NaN and the empty text: unknown. */
export interface Insured {
  /** Years. */
  age: number;
  /** kg/m2. */
  bmi: number;
  children: number;
  sex: string;
  smoker: string;
  region: string;
}

export const numericInputs = ['age', 'bmi', 'children'] as const;
export const textInputs = ['sex', 'smoker', 'region'] as const;
/** Also the order of a quote's contributions. */
export const inputNames = [...numericInputs, ...textInputs] as const;
export type InputName = (typeof inputNames)[number];

/** The values a text may have; any other counts as unknown. */
export const categories = {
  sex: ['female', 'male'],
  smoker: ['no', 'yes'],
  region: ['northeast', 'northwest', 'southeast', 'southwest'],
} as const satisfies Record<(typeof textInputs)[number], readonly string[]>;

/** What stands for the unknown: medians of numbers, the most frequent of texts. Learned from the training rows. */
export type Imputation = Insured;

export function learnImputation(rows: readonly Insured[]): Imputation {
  const median = (name: (typeof numericInputs)[number]): number => {
    const known = rows.map((row) => row[name]).filter((value) => !Number.isNaN(value));
    if (known.length === 0) throw new RangeError(`${name} is unknown in every row`);
    return known.sort((a, b) => a - b)[Math.floor(known.length / 2)] as number;
  };
  const mode = (name: (typeof textInputs)[number]): string => {
    const counts = categories[name].map((category) => rows.filter((row) => row[name] === category).length);
    const most = Math.max(...counts);
    if (most === 0) throw new RangeError(`${name} is unknown in every row`);
    return categories[name][counts.indexOf(most)] as string;
  };
  return {
    age: median('age'),
    bmi: median('bmi'),
    children: median('children'),
    sex: mode('sex'),
    smoker: mode('smoker'),
    region: mode('region'),
  };
}

export function impute(row: Insured, unknown: Imputation): Insured {
  const number = (name: (typeof numericInputs)[number]) => (Number.isNaN(row[name]) ? unknown[name] : row[name]);
  const text = (name: (typeof textInputs)[number]) =>
    (categories[name] as readonly string[]).includes(row[name]) ? row[name] : unknown[name];
  return insuredOf(number, text);
}

/** A person, input by input. */
export const insuredOf = (
  number: (name: (typeof numericInputs)[number]) => number,
  text: (name: (typeof textInputs)[number]) => string,
): Insured => ({
  age: number('age'),
  bmi: number('bmi'),
  children: number('children'),
  sex: text('sex'),
  smoker: text('smoker'),
  region: text('region'),
});
