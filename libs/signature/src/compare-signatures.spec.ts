import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { compareSignatures } from './compare-signatures.js';
import type { Signature, TensorSpec } from './signature.js';

const fp32 = (name: string, shape: number[]): TensorSpec => ({ name, datatype: 'FP32', shape });
const signature = (inputs: TensorSpec[], outputs: TensorSpec[]): Signature => ({ inputs, outputs, logged: [] });
const old = signature([fp32('age', [-1, 1])], [fp32('charges', [-1, 1])]);

describe('a change of signature, as callers of the old one meet it', () => {
  it.each<[string, Signature, string, string[]]>([
    ['nothing', old, 'compatible', []],
    [
      'an output more',
      signature(old.inputs, [...old.outputs, fp32('because', [-1, 8])]),
      'additive',
      ['output because is new'],
    ],
    [
      'an input more',
      signature([...old.inputs, fp32('bmi', [-1, 1])], old.outputs),
      'breaking',
      ['input bmi is new, and no caller sends it'],
    ],
    [
      'an output less',
      signature(old.inputs, [fp32('price', [-1, 1])]),
      'breaking',
      ['output charges is gone', 'output price is new'],
    ],
    [
      'another datatype',
      signature([{ name: 'age', datatype: 'INT64', shape: [-1, 1] }], old.outputs),
      'breaking',
      ['input age is INT64, and was FP32'],
    ],
    [
      'an input that takes more',
      signature([fp32('age', [-1, -1])], old.outputs),
      'compatible',
      ['input age has the shape [-1, -1], and had [-1, 1]'],
    ],
    [
      'an output that promises less',
      signature(old.inputs, [fp32('charges', [-1, -1])]),
      'breaking',
      ['output charges has the shape [-1, -1], and had [-1, 1]'],
    ],
    [
      'an input of any rank',
      signature([{ ...fp32('age', []), anyRank: true }], old.outputs),
      'compatible',
      ['input age has the shape of any rank, and had [-1, 1]'],
    ],
    [
      'classes in another order',
      signature(old.inputs, [{ ...fp32('charges', [-1, 1]), labels: ['a'] }]),
      'breaking',
      ['output charges has other labels, or in another order'],
    ],
  ])('%s', (_, after, change, differences) => {
    expect(compareSignatures(old, after)).toEqual({ change, differences });
  });
});

describe('laws', () => {
  const tensor = fc.record({
    name: fc.constantFrom('a', 'b', 'c'),
    datatype: fc.constantFrom('FP32' as const, 'BYTES' as const),
    shape: fc.array(fc.constantFrom(-1, 1, 3), { maxLength: 3 }),
  });
  const tensors = fc.uniqueArray(tensor, { minLength: 1, selector: ({ name }) => name });
  const signatures = fc.tuple(tensors, tensors).map(([inputs, outputs]) => signature(inputs, outputs));

  it('a signature is compatible with itself, in whatever order it lists its tensors', () => {
    fc.assert(
      fc.property(signatures, (one) => {
        const reversed = { ...one, inputs: one.inputs.toReversed(), outputs: one.outputs.toReversed() };
        expect(compareSignatures(one, reversed)).toEqual({ change: 'compatible', differences: [] });
      }),
    );
  });

  it('two changes that break nobody, one after the other, break nobody', () => {
    const steps = fc.array(fc.record({ axis: fc.nat(2), size: fc.constantFrom(-1, 1, 3), of: fc.boolean() }), { maxLength: 3 }); // prettier-ignore
    fc.assert(
      fc.property(signatures, steps, steps, (one, first, second) => {
        const two = first.reduce(resized, one);
        const three = second.reduce(resized, two);
        const [there, on] = [compareSignatures(one, two), compareSignatures(two, three)];
        if (there.change === 'breaking' || on.change === 'breaking') return;
        expect(compareSignatures(one, three).change).not.toBe('breaking');
      }),
      { numRuns: 1_000 },
    );
  });

  function resized(before: Signature, { axis, size, of }: { axis: number; size: number; of: boolean }): Signature {
    const role = of ? 'inputs' : 'outputs';
    const [{ name, datatype, shape }, ...rest] = before[role] as [TensorSpec, ...TensorSpec[]];
    const changed = { name, datatype, shape: shape.map((old, index) => (index === axis ? size : old)) };
    return { ...before, [role]: [changed, ...rest] };
  }
});
