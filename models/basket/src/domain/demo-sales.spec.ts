import { describe, expect, it } from '@jest/globals';
import { Chance } from './chance.js';
import { demoCatalogue, plantedAssociations } from './demo-catalogue.js';
import { demoSales } from './demo-sales.js';
import { BasketGatherer } from './gather-baskets.js';

const options = { seed: 1, fromMs: Date.UTC(2026, 0, 1), days: 60, basketsPerDay: 50 };

describe('demoSales()', () => {
  const lines = [...demoSales(options)];
  const gatherer = new BasketGatherer('strict');
  for (const [at, sale] of lines.entries()) gatherer.add({ ...sale, line: at + 2 });
  const { baskets: gathered, report } = gatherer.finish();
  const baskets = [...gathered];

  it('repeats itself for the same seed only', () => {
    expect([...demoSales(options)]).toEqual(lines);
    expect([...demoSales({ ...options, seed: 2 })]).not.toEqual(lines);
  });

  it.each(plantedAssociations)('plants $given -> $then in $share of the cases', ({ given, then, share }) => {
    const holders = baskets.filter(({ skus }) => given.every((sku) => skus.includes(sku)));
    const both = holders.filter(({ skus }) => skus.includes(then));
    expect(holders.length).toBeGreaterThan(20);
    // A deck of twenty is exact; only the last one may be unfinished.
    expect(Math.abs(both.length - share * holders.length)).toBeLessThanOrEqual(10);
  });

  it('plants milk -> sugar at 80 %', () => {
    expect(plantedAssociations).toContainEqual({ given: ['milk'], then: 'sugar', share: 0.8 });
  });

  it('lets every association stand alone', () => {
    const skus = new Set(demoCatalogue.map(({ sku }) => sku));
    const thens = plantedAssociations.map(({ then }) => then);
    const givens = plantedAssociations.flatMap(({ given }) => given);
    expect(new Set(thens).size).toBe(thens.length);
    expect(givens.filter((sku) => thens.includes(sku))).toEqual([]);
    expect([...givens, ...thens].filter((sku) => !skus.has(sku))).toEqual([]);
    expect(skus.size).toBe(demoCatalogue.length);
  });

  it('has the dirt of real tills, in the order of time and inside the days asked for', () => {
    for (const reason of ['blank', 'cancellation', 'nonGoods'] as const) {
      expect(report.found[reason].lines).toBeGreaterThan(0);
    }
    expect(report.repeats).toBeGreaterThan(0);
    const times = lines.map(({ soldAtMs }) => soldAtMs);
    expect(times).toEqual([...times].sort((a, b) => a - b));
    expect(times[0]).toBeGreaterThanOrEqual(options.fromMs);
    expect(times.at(-1)).toBeLessThan(options.fromMs + options.days * 86_400_000);
  });
});

describe('Chance', () => {
  it('gives the numbers of mulberry32', () => {
    const chance = new Chance(1);
    expect([chance.next(), chance.next()]).toEqual([0.6270739405881613, 0.002735721180215478]);
  });
});
