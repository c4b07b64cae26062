import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { unpackRow, type LoggedColumn, type PackedRow } from '@vinaigrette/signature';
import { buildBaseline } from './build-baseline.js';
import type { FeatureDefinition } from './feature.js';
import { gridOf, slotsOf } from './grid.js';
import { PackedCounter } from './packed-counter.js';

const schema: LoggedColumn[] = [
  { name: 'items', role: 'input', datatype: 'BYTES', list: true },
  { name: 'age', role: 'input', datatype: 'FP32', list: false },
  { name: 'city', role: 'input', datatype: 'BYTES', list: false },
  { name: 'codes', role: 'input', datatype: 'INT64', list: true },
  { name: 'confidence', role: 'output', datatype: 'FP32', list: true },
];
const definitions: FeatureDefinition[] = [
  { name: 'size', kind: 'numeric', from: { kind: 'length', tensor: 'items' } },
  { name: 'known', kind: 'numeric', from: { kind: 'knownShare', tensor: 'items' } },
  { name: 'age', kind: 'numeric', from: { kind: 'value', tensor: 'age' }, datatype: 'FP32' },
  { name: 'top', kind: 'numeric', from: { kind: 'first', tensor: 'confidence' }, datatype: 'FP32' },
  { name: 'city', kind: 'categorical', from: { kind: 'value', tensor: 'city' } },
  { name: 'code', kind: 'categorical', from: { kind: 'first', tensor: 'codes' } },
  { name: 'items', kind: 'items', from: { kind: 'values', tensor: 'items' } },
  { name: 'codes', kind: 'items', from: { kind: 'values', tensor: 'codes' } },
];
const number = fc.oneof(fc.integer({ min: -3, max: 9 }), fc.double(), fc.constantFrom(NaN, Infinity, -0));
const text = fc.constantFrom('', 'milk', 'sugar', 'tea', 'Lyon', '1', 'never');
const lists = fc.tuple(fc.array(text, { maxLength: 90 }), fc.array(number, { maxLength: 3 }), fc.array(number));
const packed = fc.tuple(lists, number, text).map(([[items, codes, confidence], age, city]): PackedRow => ({
  numbers: [age, ...codes, ...confidence],
  texts: [...items, city],
  lengths: [items.length, codes.length, confidence.length],
}));
const values = ({ numbers, texts, lengths }: PackedRow) => ({
  ...{ numbers, texts, lengths },
  ...{ numberCount: numbers.length, textCount: texts.length, lengthCount: lengths.length },
});
const grid = gridOf(
  buildBaseline(definitions, [
    { items: ['milk', 'sugar', 'tea'], age: [1], city: ['Lyon'], codes: [1, 2], confidence: [0.5] },
    { items: ['milk'], age: [7], city: ['Nice'], codes: [3], confidence: [0.25] },
  ]),
);

describe('PackedCounter', () => {
  const counter = new PackedCounter(grid, schema);

  it('reads the slots that unpacking finds, for all rows', () => {
    fc.assert(
      fc.property(packed, (row) => {
        expect([...counter.read(values(row))]).toEqual(slotsOf(grid, unpackRow(schema, row)));
      }),
      { numRuns: 1_000 },
    );
  });

  it('refuses what unpacking refuses', () => {
    const some = fc.record({
      numbers: fc.array(number, { maxLength: 4 }),
      texts: fc.array(text, { maxLength: 4 }),
      lengths: fc.array(fc.integer({ min: 0, max: 2 }), { maxLength: 4 }),
    });
    fc.assert(
      fc.property(some, (row) => {
        const attempt = (work: () => Iterable<number>) => {
          try {
            return [...work()];
          } catch (error) {
            return (error as Error).message;
          }
        };
        expect(attempt(() => counter.read(values(row)))).toEqual(attempt(() => slotsOf(grid, unpackRow(schema, row))));
      }),
      { numRuns: 1_000 },
    );
  });

  it.each([
    { fault: 'lacks a tensor', schema: schema.slice(1), why: 'The row holds no items' },
    {
      fault: 'holds text for a number',
      schema: schema.map((column) => ({ ...column, datatype: 'BYTES' as const })),
      why: 'age holds text',
    },
  ])('refuses a schema that $fault', ({ schema, why }) => {
    expect(() => new PackedCounter(grid, schema)).toThrow(why);
  });
});
