import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { loggedSchema, packRow, parseSignature, schemaIdOf, tensorOf, unpackRow } from './index.js';
import type { Signature } from './index.js';

const basket: Signature = {
  inputs: [
    { name: 'items', datatype: 'BYTES', shape: [-1, -1] },
    { name: 'age', datatype: 'FP32', shape: [-1, 1] },
  ],
  outputs: [{ name: 'confidence', datatype: 'FP32', shape: [-1, 3] }],
  logged: [{ tensor: 'items' }, { tensor: 'confidence', first: 2 }, { tensor: 'age' }],
};
const schema = loggedSchema(basket);

describe('the logged row', () => {
  it('keeps values in the order of the signature, lists cut and without their padding', () => {
    const packed = packRow(
      schema,
      {
        items: tensorOf('BYTES', [2, 3], ['x', 'y', 'z', 'milk', 'sugar', '']),
        age: tensorOf('FP32', [2, 1], [1, 41]),
        confidence: tensorOf('FP32', [2, 3], [1, 1, 1, 0.5, 0.25, 0.125]),
      },
      1,
    );
    expect(packed).toEqual({ numbers: [0.5, 0.25, 41], texts: ['milk', 'sugar'], lengths: [2, 2] });
    expect(unpackRow(schema, packed)).toEqual({ items: ['milk', 'sugar'], confidence: [0.5, 0.25], age: [41] });
  });

  it('says missing where there was no answer', () => {
    expect(unpackRow(schema, packRow(schema, {}))).toEqual({ items: [], confidence: [], age: [NaN] });
  });

  it('comes back as it went, whatever the values', () =>
    fc.assert(
      fc.property(fc.array(fc.string({ minLength: 1 }), { maxLength: 9 }), fc.float(), (items, age) => {
        const tensors = { items: tensorOf('BYTES', [1, items.length], items), age: tensorOf('FP32', [1, 1], [age]) };
        expect(unpackRow(schema, packRow(schema, tensors))).toEqual({ items, confidence: [], age: [age] });
      }),
    ));

  it.each([
    { fault: 'too few texts', packed: { numbers: [1], texts: [], lengths: [1, 0] } },
    { fault: 'too many numbers', packed: { numbers: [1, 2], texts: [], lengths: [0, 0] } },
    { fault: 'a list without its length', packed: { numbers: [1], texts: [], lengths: [] } },
  ])('is refused when it holds $fault', ({ packed }) => {
    expect(() => unpackRow(schema, packed)).toThrow(RangeError);
  });
});

describe('schemaIdOf()', () => {
  it('is 32 bytes, the same for the same schema, another when a list is cut elsewhere', () => {
    const shorter = loggedSchema({ ...basket, logged: [{ tensor: 'items', first: 5 }, ...basket.logged.slice(1)] });
    expect(schemaIdOf(schema)).toHaveLength(32);
    expect(schemaIdOf(loggedSchema(structuredClone(basket)))).toEqual(schemaIdOf(schema));
    expect(schemaIdOf(shorter)).not.toEqual(schemaIdOf(schema));
  });
});

describe('parseSignature()', () => {
  it('reads what it was written from', () => {
    expect(parseSignature(JSON.parse(JSON.stringify(basket)))).toEqual(basket);
  });

  it.each([
    { fault: 'no inputs', json: { ...basket, inputs: [] }, field: 'inputs' },
    {
      fault: 'an unknown type',
      json: { ...basket, outputs: [{ name: 'p', datatype: 'FLOAT', shape: [] }] },
      field: 'outputs.0.datatype',
    },
    { fault: 'a logged stranger', json: { ...basket, logged: [{ tensor: 'colour' }] }, field: 'colour' },
  ])('refuses $fault and names the field', ({ json, field }) => {
    expect(() => parseSignature(json)).toThrow(expect.objectContaining({ code: 'SIGNATURE_MISMATCH', field }));
  });
});
