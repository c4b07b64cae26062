import type { InputName, Insured } from './insured.js';

/** From this body-mass index on a person counts as obese (WHO): where the charges of smokers jump. */
export const OBESE_BMI = 30;

/** One column of the linear model, and the input its share of a quote is told under. */
export interface Term {
  name: string;
  input: InputName;
  value(person: Insured): number;
}

const is = (condition: boolean): number => (condition ? 1 : 0);

/** Ordinary least squares on the inputs as they are; reference: female, non-smoker, northeast. */
export const plainTerms: readonly Term[] = [
  { name: 'age', input: 'age', value: ({ age }) => age },
  { name: 'male', input: 'sex', value: ({ sex }) => is(sex === 'male') },
  { name: 'bmi', input: 'bmi', value: ({ bmi }) => bmi },
  { name: 'children', input: 'children', value: ({ children }) => children },
  { name: 'smoker', input: 'smoker', value: ({ smoker }) => is(smoker === 'yes') },
  ...(['northwest', 'southeast', 'southwest'] as const).map((region): Term => ({
    name: region,
    input: 'region',
    value: (person) => is(person.region === region),
  })),
];

/**
 * With what straight lines miss: charges grow faster with age, and a high body-mass index costs smokers, hardly anybody
 * else. An interaction with smoking is told under smoking: without it there is none.
 */
export const terms: readonly Term[] = [
  ...plainTerms,
  { name: 'age squared', input: 'age', value: ({ age }) => age * age },
  { name: 'smoker x bmi', input: 'smoker', value: ({ smoker, bmi }) => is(smoker === 'yes') * bmi },
  { name: 'smoker x obese', input: 'smoker', value: ({ smoker, bmi }) => is(smoker === 'yes' && bmi >= OBESE_BMI) },
];
