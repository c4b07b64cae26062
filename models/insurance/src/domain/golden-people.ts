import { inputNames, numericInputs, type Insured } from './insured.js';

const TYPICAL = 20;

/**
 * Batches whose answers tell a right copy of the graph from a wrong one: typical people, each input unknown alone, all
 * unknown, words never heard, both sides of the bound of obesity, and several people at once.
 */
export function goldenPeople(rows: readonly Insured[]): Insured[][] {
  const step = Math.max(1, Math.floor(rows.length / TYPICAL));
  const typical = Array.from({ length: TYPICAL }, (_, place) => rows[(place * step) % rows.length] as Insured);
  const smoker: Insured = { age: 40, bmi: 30, children: 1, sex: 'female', smoker: 'yes', region: 'southwest' };
  const without = (name: (typeof inputNames)[number]): Insured => ({
    ...smoker,
    [name]: (numericInputs as readonly string[]).includes(name) ? NaN : '',
  });
  return [
    ...typical.map((person) => [person]),
    ...inputNames.map((name) => [without(name)]),
    [{ age: NaN, bmi: NaN, children: NaN, sex: '', smoker: '', region: '' }],
    [{ ...smoker, sex: 'Female', smoker: 'often', region: 'Québec' }],
    [smoker, { ...smoker, bmi: 29.99 }, { ...smoker, smoker: 'no' }],
    typical.slice(0, 5),
  ];
}
