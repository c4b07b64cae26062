import { describe, expect, it } from '@jest/globals';
import type { Signature } from '@vinaigrette/signature';
import { agreeSignature } from './agree-signature.js';

const graph: Signature = {
  inputs: [
    { name: 'items', datatype: 'BYTES', shape: [-1, -1] },
    { name: 'age', datatype: 'INT64', shape: [-1, 1] },
  ],
  outputs: [{ name: 'skus', datatype: 'BYTES', shape: [-1, 50] }],
  logged: [{ tensor: 'items', first: 100 }, { tensor: 'age' }, { tensor: 'skus', first: 100 }],
};
const declared = (change: Partial<Signature>) => ({ ...graph, ...change });

describe('agreeSignature()', () => {
  it('takes what the graph says when nothing is declared', () => {
    expect(agreeSignature(graph, undefined)).toEqual(graph);
  });

  it('takes from the declaration what is to be logged', () => {
    const logged = [{ tensor: 'skus', first: 10 }];
    expect(agreeSignature(graph, declared({ logged }))).toEqual({ ...graph, logged });
  });

  const [items, age] = graph.inputs as [Signature['inputs'][0], Signature['inputs'][0]];
  const [skus] = graph.outputs as [Signature['outputs'][0]];
  it.each([
    { what: 'another name', change: { inputs: [{ ...items, name: 'basket' }, age] }, field: 'items' },
    { what: 'another order', change: { inputs: [age, items] }, field: 'items' },
    { what: 'another datatype', change: { inputs: [items, { ...age, datatype: 'FP32' as const }] }, field: 'age' },
    { what: 'another rank', change: { inputs: [items, { ...age, shape: [-1] }] }, field: 'age' },
    { what: 'a fixed size where any goes', change: { outputs: [{ ...skus, shape: [1, 50] }] }, field: 'skus' },
    { what: 'any size where it is fixed', change: { outputs: [{ ...skus, shape: [-1, -1] }] }, field: 'skus' },
    { what: 'an input too few', change: { inputs: [items], logged: [] }, field: 'age' },
    { what: 'an output too many', change: { outputs: [skus, { ...skus, name: 'extra' }] }, field: 'extra' },
    { what: 'a logged tensor there is not', change: { logged: [{ tensor: 'ghost' }] }, field: 'ghost' },
  ])('refuses $what, naming $field', ({ change, field }) => {
    expect(() => agreeSignature(graph, declared(change))).toThrow(
      expect.objectContaining({ code: 'SIGNATURE_MISMATCH', field }),
    );
  });

  it.each([null, 1, [], {}, { ...graph, inputs: 'items' }])('refuses %j, which is no signature', (json) => {
    expect(() => agreeSignature(graph, json)).toThrow(expect.objectContaining({ code: 'SIGNATURE_MISMATCH' }));
  });
});
