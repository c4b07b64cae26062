import { describe, expect, it } from '@jest/globals';
import type { Signature } from '@vinaigrette/signature';
import { inputsOfRows } from './row-inputs.js';

const signature: Signature = {
  inputs: [
    { name: 'items', datatype: 'BYTES', shape: [-1, -1] },
    { name: 'age', datatype: 'FP32', shape: [-1, 1] },
  ],
  outputs: [{ name: 'y', datatype: 'FP32', shape: [-1, 1] }],
  logged: [],
};

describe('asking logged rows again', () => {
  it('fills lists of text up to the longest, and keeps what is missing missing', () => {
    expect(
      inputsOfRows(signature, [
        { items: ['a', 'b'], age: [3] },
        { items: [], age: [NaN] },
      ]),
    ).toEqual({
      items: { datatype: 'BYTES', shape: [2, 2], data: ['a', 'b', '', ''] },
      age: { datatype: 'FP32', shape: [2, 1], data: Float32Array.from([3, NaN]) },
    });
  });

  it.each([
    ['an input that is not logged', { items: [] }, 'age'],
    ['too few numbers', { items: [], age: [] }, 'age'],
    ['too many', { items: [], age: [1, 2] }, 'age'],
  ])('refuses %s', (_, row, field) => {
    expect(() => inputsOfRows(signature, [row as never])).toThrow(
      expect.objectContaining({ code: 'SIGNATURE_MISMATCH', field }),
    );
  });
});
