import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { buildBaseline } from './build-baseline.js';
import { defaultPolicy, parseBaseline, type Baseline, type NumericFeature } from './baseline.js';
import type { FeatureDefinition } from './feature.js';
import { gridOf } from './grid.js';

const numeric: FeatureDefinition = { name: 'x', kind: 'numeric', from: { kind: 'value', tensor: 'x' } };
const basket: FeatureDefinition[] = [
  { name: 'basketSize', kind: 'numeric', from: { kind: 'length', tensor: 'items' } },
  { name: 'knownShare', kind: 'numeric', from: { kind: 'knownShare', tensor: 'items' } },
  { name: 'topConfidence', kind: 'numeric', from: { kind: 'first', tensor: 'confidence' }, datatype: 'FP32' },
  { name: 'items', kind: 'items', from: { kind: 'values', tensor: 'items' } },
];
const baskets = [
  { items: ['milk', 'sugar'], confidence: [0.8, 0.1] },
  { items: ['milk'], confidence: [] },
  { items: [], confidence: [0.1] },
];
const numbers = (values: number[]) => values.map((value) => ({ x: [value] }));
const built = (values: number[], policy = defaultPolicy) =>
  buildBaseline([numeric], numbers(values), policy).features[0] as NumericFeature;

describe('buildBaseline()', () => {
  it('counts the four features of a basket', () => {
    const baseline = buildBaseline(basket, baskets);
    expect(baseline).toMatchObject({ format: 1, rows: 3, vocabularies: { items: ['milk', 'sugar'] } });
    expect(baseline.features).toMatchObject([
      { name: 'basketSize', count: 3, missing: 0, min: 0, max: 2, mean: 1 },
      { name: 'knownShare', count: 2, missing: 1, min: 1, max: 1, standardDeviation: 0 },
      { name: 'topConfidence', datatype: 'FP32', count: 2, missing: 1, max: Math.fround(0.8) },
      {
        name: 'items',
        count: 3,
        missing: 1,
        rows: 2,
        other: 0,
        values: [{ value: 'milk', count: 2 }, { value: 'sugar' }],
      },
    ]);
  });

  it('cuts the PSI at the values of index floor(i n / 10), equal ones merged', () => {
    expect(built([...Array(25).keys()]).psiCuts).toEqual([2, 5, 7, 10, 12, 15, 17, 20, 22]);
    expect(built([0, 0, 0, 0, 0, 0, 1, 2, 3, 4]).psiCuts).toEqual([0, 1, 2, 3, 4]);
  });

  it('gives a value heavier than a cell of the grid a bin of its own, in the datatype of the tensor', () => {
    const atom = { ...numeric, datatype: 'FP32' as const };
    const rows = numbers([1, 1, 1, ...Array.from({ length: 17 }, (_, i) => 2 + i)]);
    const { edges, counts } = buildBaseline([atom], rows, { ...defaultPolicy, grid: 10 }).features[0] as NumericFeature;
    expect(edges.slice(0, 2)).toEqual([1, 1 + 2 ** -23]);
    expect(counts.slice(0, 2)).toEqual([0, 3]);
  });

  it('keeps the k heaviest categories, ties by name', () => {
    const rows = ['b', 'a', 'c', 'c', ''].map((value) => ({ kind: [value] }));
    const definition: FeatureDefinition = {
      name: 'kind',
      kind: 'categorical',
      from: { kind: 'value', tensor: 'kind' },
    };
    expect(buildBaseline([definition], rows, { ...defaultPolicy, topK: 2 }).features[0]).toMatchObject({
      values: [
        { value: 'c', count: 2 },
        { value: 'a', count: 1 },
      ],
      other: 1,
      count: 4,
      missing: 1,
    });
  });

  it('takes a vocabulary that is given instead of the rows own', () => {
    const baseline = buildBaseline(basket, baskets, defaultPolicy, { vocabularies: { items: ['milk'] } });
    expect(baseline.features[1]).toMatchObject({ min: 0.5, max: 1 });
  });

  it('keeps a baseline of each segment over the same bins', () => {
    const segments = [['country=de', 'device=app'], ['country=fr'], ['country=de']];
    const baseline = buildBaseline(basket, baskets, defaultPolicy, { segments });
    expect(baseline.segments!.map(({ name, rows }) => [name, rows])).toEqual([
      ['country=de', 2],
      ['country=fr', 1],
      ['device=app', 1],
    ]);
    const { expected, segments: counters } = gridOf(parseBaseline(JSON.parse(JSON.stringify(baseline))));
    const both = expected.map((_, slot) => counters.get('country=de')![slot]! + counters.get('country=fr')![slot]!);
    expect(both).toEqual(expected);
  });

  it('learns floors from chunks of the rows: what moves by itself may move further', () => {
    const rows = Array.from({ length: 1_000 }, (_, i) => ({ x: [i % 100], y: [Math.floor(i / 100)] }));
    const y: FeatureDefinition = { name: 'y', kind: 'numeric', from: { kind: 'value', tensor: 'y' } };
    const { learned } = buildBaseline([numeric, y], rows, defaultPolicy, { learnFromChunks: 10 });
    expect(learned!.features.x).toEqual({ psi: 0, ks: 0 });
    expect(learned!.features.y!.ks).toBeGreaterThan(0.7);
    expect(() => buildBaseline([numeric], rows, defaultPolicy, { learnFromChunks: 1 })).toThrow('into 1 chunks');
  });

  it('keeps what the model says of importance', () => {
    expect(buildBaseline([{ ...numeric, importance: 0.25 }], numbers([1, 2])).features[0]!.importance).toBe(0.25);
  });

  it('refuses a feature without any value', () => {
    expect(() => built([NaN])).toThrow('x has no value in any of 1 rows');
  });

  it('is read again from its JSON as it was, for all values', () => {
    const value = fc.oneof(fc.integer({ min: -5, max: 5 }), fc.double({ noNaN: true, min: -1e100, max: 1e100 }));
    const values = fc.array(value, { minLength: 1, maxLength: 300 });
    fc.assert(
      fc.property(values, (sample) => {
        const baseline = buildBaseline([numeric], numbers(sample), { ...defaultPolicy, grid: 20 });
        expect(parseBaseline(JSON.parse(JSON.stringify(baseline)))).toEqual(baseline);
      }),
    );
  });
});

describe('parseBaseline()', () => {
  const spoilt = (spoil: (baseline: Baseline, numeric: NumericFeature) => void) => {
    const baseline = structuredClone(buildBaseline(basket, baskets));
    spoil(baseline, baseline.features[0] as NumericFeature);
    return baseline;
  };
  it.each([
    { what: 'no object', json: 'baseline', field: undefined },
    { what: 'another format', json: { ...spoilt(() => {}), format: 2 }, field: 'format' },
    { what: 'a name twice', json: spoilt((b) => (b.features[1]!.name = 'basketSize')), field: 'features.1.name' },
    { what: 'falling edges', json: spoilt((_, f) => f.edges.reverse()), field: 'features.0.edges' },
    { what: 'a cut off the grid', json: spoilt((_, f) => (f.psiCuts = [0.5])), field: 'features.0.psiCuts' },
    { what: 'a count that is short', json: spoilt((_, f) => (f.count -= 1)), field: 'features.0.counts' },
    { what: 'no vocabulary', json: spoilt((b) => (b.vocabularies = {})), field: 'vocabularies' },
    { what: 'other rows', json: spoilt((b) => (b.rows = 4)), field: 'features.0' },
  ])('refuses $what and names the field', ({ json, field }) => {
    expect(() => parseBaseline(json)).toThrow(expect.objectContaining({ code: 'BASELINE_INVALID', field }));
  });
});
