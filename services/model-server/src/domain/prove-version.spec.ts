import { describe, expect, it } from '@jest/globals';
import { tensorOf, type Golden, type GoldenExample, type Signature } from '@vinaigrette/signature';
import type { Tensors } from './batch.js';
import { answerGolden, checkSignatureOfGraph, proofGroups, whyNotJoined } from './prove-version.js';

const example = (rows: number, width: number): GoldenExample => {
  const values = Array.from({ length: rows * width }, (_, index) => index + 1);
  const x = tensorOf('FP32', [rows, width], values);
  return { inputs: { x }, outputs: { y: x } };
};
const golden: Golden = { examples: [example(1, 2), example(2, 2), example(1, 3)] };
const identity = async ({ x }: Tensors): Promise<Tensors> => ({ y: x as never });
const byColumn = async ({ x }: Tensors): Promise<Tensors> => {
  const [rows = 0, width = 0] = x?.shape ?? [];
  const data = x?.data as Float32Array;
  // A row that looks at the one before it.
  return {
    y: { datatype: 'FP32', shape: [rows, width], data: data.map((value, at) => value + (data[at - width * 2] ?? 0)) },
  };
};

describe('answerGolden()', () => {
  it('is content with the same answers', async () => {
    await expect(answerGolden(golden, identity)).resolves.toBeUndefined();
  });
  it('names the example and the value that differ', async () => {
    const off = async ({ x }: Tensors): Promise<Tensors> => ({
      y: tensorOf(
        'FP32',
        x?.shape ?? [],
        [...(x?.data as Float32Array)].map((value) => value * 1.0001),
      ),
    });
    await expect(answerGolden(golden, off)).rejects.toThrow(
      expect.objectContaining({
        code: 'GOLDEN_MISMATCH',
        message: expect.stringMatching(/example 0 .* y\[0\] is 1.0001/),
      }),
    );
  });
});

describe('whyNotJoined()', () => {
  it.each([
    { case: 'rows that stand alone', golden, run: identity, why: undefined },
    { case: 'no golden examples', golden: undefined, run: identity, why: /no golden examples/ },
    { case: 'rows that look at each other', golden, run: byColumn, why: /joined, .* answered otherwise/ },
    {
      case: 'an output of its own length',
      golden,
      run: async (): Promise<Tensors> => ({ y: tensorOf('FP32', [1], [0]) }),
      why: /another number of rows/,
    },
    {
      case: 'a graph that fails on a batch',
      golden,
      run: async (): Promise<Tensors> => Promise.reject(new Error('only one row')),
      why: /fail: only one row/,
    },
    {
      case: 'examples without rows',
      golden: { examples: [example(0, 2)] },
      run: identity,
      why: /no golden example share/,
    },
  ])('$case: $why', async ({ golden: examples, run, why }) => {
    const found = await whyNotJoined(examples, run);
    if (why) expect(found).toMatch(why);
    else expect(found).toBeUndefined();
  });
});

describe('proofGroups()', () => {
  it('joins what has one shape, and doubles what is alone', () => {
    expect(proofGroups(golden.examples).map((group) => group.length)).toEqual([2, 2]);
  });
});

describe('checkSignatureOfGraph()', () => {
  const graph: Signature = {
    inputs: [{ name: 'x', datatype: 'FP32', shape: [-1] }],
    outputs: [{ name: 'y', datatype: 'BYTES', shape: [-1] }],
    logged: [],
  };
  it('lets a file say more of the shapes', () => {
    expect(() =>
      checkSignatureOfGraph({ ...graph, inputs: [{ name: 'x', datatype: 'FP32', shape: [8] }] }, graph),
    ).not.toThrow();
  });
  it.each([
    { fault: 'another type', stated: { ...graph, inputs: [{ name: 'x', datatype: 'FP64' as const, shape: [-1] }] } },
    {
      fault: 'an output too many',
      stated: { ...graph, outputs: [...graph.outputs, { name: 'z', datatype: 'FP32' as const, shape: [-1] }] },
    },
  ])('refuses $fault', ({ stated }) => {
    expect(() => checkSignatureOfGraph(stated, graph)).toThrow(expect.objectContaining({ code: 'SIGNATURE_MISMATCH' }));
  });
});
