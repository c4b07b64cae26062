import { describe, expect, it } from '@jest/globals';
import { differenceFromGolden, parseGolden, tensorOf } from './index.js';

const answer = (values: number[], skus = ['a', 'b']) => ({
  confidence: tensorOf('FP32', [1, 2], values),
  skus: tensorOf('BYTES', [1, 2], skus),
});

describe('differenceFromGolden()', () => {
  it.each([
    { answered: 'the same', actual: answer([0.5, 0.25]), difference: undefined },
    { answered: 'a rounding apart', actual: answer([0.5, 0.25 + 1e-8]), difference: undefined },
    { answered: 'more than a millionth apart', actual: answer([0.5, 0.2500025]), difference: /^confidence\[1\]/ },
    { answered: 'another text', actual: answer([0.5, 0.25], ['a', 'B']), difference: /^skus\[1\] is B, not b/ },
    {
      answered: 'another shape',
      actual: { ...answer([0.5, 0.25]), skus: tensorOf('BYTES', [2], ['a', 'b']) },
      difference: /^skus has shape/,
    },
    { answered: 'less', actual: { skus: tensorOf('BYTES', [1, 2], ['a', 'b']) }, difference: /^confidence is missing/ },
  ])('$answered', ({ actual, difference }) => {
    const found = differenceFromGolden(answer([0.5, 0.25]), actual);
    if (difference) expect(found).toMatch(difference);
    else expect(found).toBeUndefined();
  });

  it('takes NaN for NaN', () => {
    expect(differenceFromGolden(answer([NaN, 1]), answer([NaN, 1]))).toBeUndefined();
    expect(differenceFromGolden(answer([NaN, 1]), answer([0, 1]))).toMatch(/confidence\[0\]/);
  });
});

describe('parseGolden()', () => {
  const example = {
    inputs: { n: { datatype: 'INT64', shape: [1], data: ['9007199254740993'] } },
    outputs: { p: { datatype: 'FP32', shape: [1], data: [null] } },
  };

  it('reads whole numbers past 2^53 and missing floats', () => {
    const [first] = parseGolden({ examples: Array(20).fill(example) }).examples;
    expect(first?.inputs.n?.data[0]).toBe(9007199254740993n);
    expect(first?.outputs.p?.data[0]).toBeNaN();
  });

  it.each([
    { fault: 'fewer than 20 examples', json: { examples: Array(19).fill(example) } },
    { fault: 'no examples at all', json: {} },
  ])('refuses $fault', ({ json }) => {
    expect(() => parseGolden(json)).toThrow(expect.objectContaining({ code: 'GOLDEN_MISMATCH' }));
  });
});
