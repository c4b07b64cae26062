import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { datatypes, tensorOf, type Datatype } from '@vinaigrette/signature';
import { emptyBatchOf, isEmptyBatch, joinRows, joiningKey, rowsOf, splitRows, type Tensors } from './batch.js';

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

describe('emptyBatchOf()', () => {
  const signature = (...shape: number[]) => ({
    inputs: [{ name: 'x', datatype: 'FP32' as const, shape }],
    outputs: [],
    logged: [],
  });
  it('has no rows, and one where another size is free', () => {
    const empty = emptyBatchOf(signature(-1, -1, 3));
    expect(empty).toEqual({ x: floats(0, 1, 3) });
    expect(isEmptyBatch(empty as Tensors)).toBe(true);
    expect(isEmptyBatch({ x: floats(1, 0) })).toBe(false);
  });
  it.each([[[2, 3]], [[]]])('does not exist for the shape %j', (shape) => {
    expect(emptyBatchOf(signature(...shape))).toBeUndefined();
  });
});
