import { describe, expect, it } from '@jest/globals';
import { datatypes, tensorOf } from '@vinaigrette/signature';
import { fromOrt, toOrt } from './index.js';

describe('tensors of ONNX Runtime', () => {
  it.each(datatypes)('%s comes back as it went', (datatype) => {
    const values = datatype === 'BYTES' ? ['a', ''] : datatype === 'BOOL' ? [true, false] : [1, 0];
    const tensors = { x: tensorOf(datatype, [2, 1], values) };
    expect(fromOrt(toOrt(tensors))).toEqual(tensors);
  });

  it('names an output that is no tensor', () => {
    expect(() => fromOrt({ probabilities: [{ 0: 0.5 }] })).toThrow(/^The output probabilities is undefined/);
  });
});
