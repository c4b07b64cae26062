import { describe, expect, it } from '@jest/globals';
import { nameSegments } from './name-segments.js';

const points = Array.from({ length: 30 }, (_, at) => [at, 30 - at]);

describe('nameSegments()', () => {
  it('says in which third of the customers a centre lies', () => {
    const centres = [
      [2, 28],
      [15, 15],
      [28, 2],
    ];
    expect(nameSegments(['orders', 'age'], centres, points)).toEqual([
      'orders-low.age-high',
      'orders-mid.age-mid',
      'orders-high.age-low',
    ]);
  });

  it('tells two centres of the same thirds apart', () => {
    const centres = [
      [1, 29],
      [2, 28],
    ];
    expect(nameSegments(['a', 'b'], centres, points)).toEqual(['a-low.b-high', 'a-low.b-high.2']);
  });
});
