import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { PairWeights, PLACES_MAX } from './pair-weights.js';

/** Places that share their low bits, their high bits, or nothing. */
const place = fc.oneof(
  fc.nat(40),
  fc.nat(2 ** 14 - 1).map((high) => high * 2 ** 10),
  fc.nat(PLACES_MAX - 1),
);
const weighted = fc.tuple(place, place, fc.integer({ min: 1, max: 4 }));
const many = fc.array(weighted, { minLength: 1, maxLength: 1_500, size: 'max' });

/** Long lists, so that room has to be made twice; few of them. */
const RUNS = { numRuns: 20 };

function added(all: readonly [low: number, high: number, weight: number][]): PairWeights {
  const weights = new PairWeights();
  for (const [low, high, weight] of all) weights.add(low, high, weight);
  return weights;
}

function listed(weights: PairWeights): [string, number][] {
  const list: [string, number][] = [];
  weights.forEach((low, high, weight) => list.push([`${low} ${high}`, weight]));
  return list;
}

describe('PairWeights', () => {
  it('sums as a Map does, in the order the pairs came, saved and restored', () => {
    fc.assert(
      fc.property(many, (all) => {
        const plain = new Map<string, number>();
        for (const [low, high, weight] of all) {
          plain.set(`${low} ${high}`, (plain.get(`${low} ${high}`) ?? 0) + weight);
        }
        const weights = added(all);
        expect(listed(weights)).toEqual([...plain]);
        expect(listed(PairWeights.of(weights.pairs(), weights.weights()))).toEqual([...plain]);
      }),
      RUNS,
    );
  });

  it('keeps the heaviest, of equal ones the later, and goes on counting them', () => {
    fc.assert(
      fc.property(many, fc.nat(), (all, some) => {
        const weights = added(all);
        const before = listed(weights);
        const count = 1 + (some % before.length);
        const ranked = before.map(([pair, weight], at) => ({ pair, weight, at }));
        ranked.sort((a, b) => b.weight - a.weight || b.at - a.at);
        const kept = ranked.slice(0, count).sort((a, b) => a.at - b.at);
        weights.keepHeaviest(count);
        expect(listed(weights)).toEqual(kept.map(({ pair, weight }) => [pair, weight]));
        for (const { pair } of kept) weights.add(...(pair.split(' ').map(Number) as [number, number]), 1);
        expect(listed(weights)).toEqual(kept.map(({ pair, weight }) => [pair, weight + 1]));
      }),
      RUNS,
    );
  });
});
