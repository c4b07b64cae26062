import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { datatypes, tensorOf, type Datatype } from '@vinaigrette/signature';
import { joinRows, joiningKey, rowsOf, splitRows, takeBatch, type Joinable, type Tensors } from './batch.js';

const floats = (...shape: number[]) => tensorOf('FP32', shape, Array(shape.reduce((a, b) => a * b, 1)).fill(0));

describe('rowsOf()', () => {
  it.each([
    { shapes: [[3, 2]], rows: 3 },
    { shapes: [[3, 2], [3]], rows: 3 },
    {
      shapes: [
        [3, 2],
        [1, 2],
      ],
      rows: undefined,
    },
    { shapes: [[0, 2]], rows: undefined },
    { shapes: [[]], rows: undefined },
  ])('$shapes: $rows', ({ shapes, rows }) => {
    expect(rowsOf(Object.fromEntries(shapes.map((shape, index) => [`x${index}`, floats(...shape)])))).toBe(rows);
  });
});

describe('joiningKey()', () => {
  const key = (...shape: number[]) => joiningKey({ x: floats(...shape) });
  it('is the same for other rows, and another one for a longer list', () => {
    expect([key(1, 4) === key(9, 4), key(1, 4) === key(1, 5)]).toEqual([true, false]);
  });
  it('does not depend on the order of the inputs', () => {
    const [x, y] = [floats(1, 2), floats(1, 3)];
    expect(joiningKey({ x, y })).toBe(joiningKey({ y, x }));
  });
});

describe('takeBatch()', () => {
  const queue = (...entries: [number | undefined, string][]) => entries.map(([rows, key], at) => ({ rows, key, at }));
  const places = (entries: { at: number }[]) => entries.map(({ at }) => at);
  it.each([
    { case: 'nothing waits', waiting: queue(), takes: [], leaves: [] },
    { case: 'all fit', waiting: queue([1, 'a'], [2, 'a']), takes: [0, 1], leaves: [] },
    { case: 'another shape is in between', waiting: queue([1, 'a'], [1, 'b'], [1, 'a']), takes: [0, 2], leaves: [1] },
    { case: 'the head must run alone', waiting: queue([undefined, ''], [1, 'a']), takes: [0], leaves: [1] },
    {
      case: 'the second must run alone',
      waiting: queue([1, 'a'], [undefined, ''], [1, 'a']),
      takes: [0, 2],
      leaves: [1],
    },
    { case: 'the second is too many', waiting: queue([3, 'a'], [2, 'a'], [1, 'a']), takes: [0, 2], leaves: [1] },
    { case: 'the head alone is too many', waiting: queue([9, 'a'], [1, 'a']), takes: [0], leaves: [1] },
  ])('of four rows at most, when $case', ({ waiting, takes, leaves }) => {
    const { batch, rest } = takeBatch(waiting, 4);
    expect([places(batch), places(rest)]).toEqual([takes, leaves]);
  });

  const entry: fc.Arbitrary<Joinable> = fc.record({
    rows: fc.option(fc.integer({ min: 1, max: 9 }), { nil: undefined }),
    key: fc.constantFrom('a', 'b'),
  });
  it('serves everybody once, the one who waited longest first, and joins only what may be joined', () =>
    fc.assert(
      fc.property(fc.array(entry), fc.integer({ min: 1, max: 12 }), (waiting, rowsMax) => {
        const served: Joinable[] = [];
        for (let rest = waiting; rest.length > 0;) {
          const taken = takeBatch(rest, rowsMax);
          expect(taken.batch[0]).toBe(rest[0]);
          if (taken.batch.length > 1) {
            expect(taken.batch.reduce((sum, { rows }) => sum + (rows ?? Infinity), 0)).toBeLessThanOrEqual(rowsMax);
            expect(new Set(taken.batch.map(({ key }) => key)).size).toBe(1);
          }
          served.push(...taken.batch);
          rest = taken.rest;
        }
        expect(new Set(served)).toEqual(new Set(waiting));
        expect(served).toHaveLength(waiting.length);
      }),
    ));
});

describe('joinRows() and splitRows()', () => {
  const valueOf = (datatype: Datatype): fc.Arbitrary<unknown> =>
    datatype === 'BYTES' ? fc.string() : datatype === 'BOOL' ? fc.boolean() : fc.integer({ min: 0, max: 100 });
  const requests: fc.Arbitrary<Tensors[]> = fc
    .tuple(fc.constantFrom(...datatypes), fc.nat(3), fc.array(fc.integer({ min: 1, max: 4 }), { minLength: 1 }))
    .chain(([datatype, width, sizes]) =>
      fc.tuple(
        ...sizes.map((rows) =>
          fc
            .array(valueOf(datatype), { minLength: rows * width, maxLength: rows * width })
            .map((values) => ({ x: tensorOf(datatype, [rows, width], values) })),
        ),
      ),
    );

  it('are each other’s inverse, for every datatype', () =>
    fc.assert(
      fc.property(requests, (asked) => {
        const rows = asked.map((request) => rowsOf(request) as number);
        expect(splitRows(joinRows(asked), rows)).toEqual(asked);
      }),
    ));

  it('says so when an output has other rows than the inputs', () => {
    expect(splitRows({ x: floats(3, 1) }, [1, 1])).toBeUndefined();
  });
});
