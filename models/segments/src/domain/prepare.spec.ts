import { describe, expect, it } from '@jest/globals';
import { learnPreparation, prepare } from './prepare.js';
import type { Segmentation } from './segmentation.js';

const plain: Segmentation = {
  features: [
    { name: 'age', transform: 'none' },
    { name: 'spent', transform: 'log1p' },
  ],
  scale: 'standard',
  clusters: 2,
};

describe('prepare()', () => {
  it('centres and scales, with the median for what is unknown', () => {
    const rows = [
      [20, 0],
      [40, 0],
      [NaN, Math.E - 1],
      [60, Math.E - 1],
    ];
    const preparation = learnPreparation(plain, rows);
    expect(preparation.medians).toEqual([40, Math.E - 1]);
    expect(preparation.means).toEqual([40, 0.5]);
    expect(preparation.scales[0]).toBeCloseTo(Math.sqrt(200), 12);
    expect(prepare(plain, preparation, [NaN, 0])).toEqual([0, -1]);
  });

  it('takes a negative amount for none where logarithms are taken', () => {
    const preparation = { medians: [1, 1], means: [0, 0], scales: [1, 1] };
    expect(prepare(plain, preparation, [3, -5])).toEqual([3, 0]);
  });

  it('leaves units as they are where nothing is scaled', () => {
    const learnt = learnPreparation({ ...plain, scale: 'none' }, [
      [20, 1],
      [40, 2],
    ]);
    expect(learnt).toMatchObject({ means: [0, 0], scales: [1, 1] });
  });

  it.each([
    ['unknown of every customer', [NaN, NaN], 'age is unknown of every customer'],
    ['the same for everybody', [7, 7], 'age is the same for every customer'],
  ])('refuses a feature that is %s', (_, ages, message) => {
    const rows = ages.map((age, spent) => [age, spent]);
    expect(() => learnPreparation(plain, rows)).toThrow(message);
  });
});
