import { describe, expect, it } from '@jest/globals';
import { tensorOf, type Signature } from '@vinaigrette/signature';
import { checkInputs, checkOutputs, type AnnouncedTensor } from './check-inputs.js';

const signature: Signature = {
  inputs: [
    { name: 'age', datatype: 'FP32', shape: [-1, -1] },
    { name: 'new', datatype: 'BOOL', shape: [-1] },
  ],
  outputs: [
    { name: 'premium', datatype: 'FP32', shape: [-1] },
    { name: 'class', datatype: 'BYTES', shape: [-1] },
  ],
  logged: [],
};
const announce = (name: string, datatype: string, shape: number[], values: unknown[]): AnnouncedTensor => ({
  name,
  datatype,
  shape,
  read: (known) => tensorOf(known, shape, values, name),
});
const unread = (name: string, datatype: string, shape: number[]): AnnouncedTensor => ({
  name,
  datatype,
  shape,
  read: () => {
    throw new Error('The values were read before name, type and shape were checked');
  },
});
const age = announce('age', 'FP32', [1, 1], [40]);
const isNew = announce('new', 'BOOL', [1], [true]);

describe('checkInputs()', () => {
  it('gives the tensors by name, in whatever order they came', () => {
    expect(Object.keys(checkInputs(signature, [isNew, age])).sort()).toEqual(['age', 'new']);
  });

  it.each([
    { fault: 'one missing', tensors: [age], field: 'new', says: /input new is missing/ },
    { fault: 'none at all', tensors: [], field: 'age', says: /input age is missing/ },
    {
      fault: 'one unknown',
      tensors: [age, isNew, unread('agee', 'FP32', [1])],
      field: 'agee',
      says: /no input "agee"; the inputs are age, new/,
    },
    { fault: 'one twice', tensors: [age, age, isNew], field: 'age', says: /age came twice/ },
    { fault: 'another type', tensors: [unread('age', 'FP64', [1, 1])], field: 'age', says: /age is FP32, not FP64/ },
    { fault: 'no type', tensors: [unread('age', 'FLOAT', [1, 1])], field: 'age', says: /age is FP32, not "FLOAT"/ },
    {
      fault: 'another rank',
      tensors: [unread('age', 'FP32', [1])],
      field: 'age',
      says: /shape \[-1, -1\] .* not \[1\]/,
    },
    {
      fault: 'a negative dimension',
      tensors: [unread('age', 'FP32', [-1, 1])],
      field: 'age',
      says: /cannot have the shape/,
    },
    {
      fault: 'a huge dimension',
      tensors: [unread('age', 'FP32', [2 ** 40, 1])],
      field: 'age',
      says: /cannot have the shape/,
    },
    {
      fault: 'no rows, of more columns than a message holds',
      tensors: [unread('age', 'FP32', [0, 2 ** 31 - 1])],
      field: 'age',
      says: /cannot have the shape \[0, 2147483647\]/,
    },
    { fault: 'too few values', tensors: [announce('age', 'FP32', [2, 1], [1])], field: 'age', says: /do not fill/ },
    {
      fault: 'a BOOL of 2',
      tensors: [age, { ...isNew, read: () => ({ datatype: 'BOOL' as const, shape: [1], data: Uint8Array.of(2) }) }],
      field: 'new',
      says: /0 or 1/,
    },
  ])('refuses $fault', ({ tensors, field, says }) => {
    const check = () => checkInputs(signature, tensors);
    expect(check).toThrow(says);
    expect(check).toThrow(expect.objectContaining({ code: 'SIGNATURE_MISMATCH', field }));
  });
});

describe('checkOutputs()', () => {
  it.each([
    { asked: [], gives: ['premium', 'class'] },
    { asked: ['class'], gives: ['class'] },
    { asked: ['class', 'premium', 'class'], gives: ['class', 'premium'] },
  ])('asked for $asked gives $gives', ({ asked, gives }) => expect(checkOutputs(signature, asked)).toEqual(gives));

  it('refuses one that is not there', () => {
    expect(() => checkOutputs(signature, ['price'])).toThrow(/no output "price"; the outputs are premium, class/);
  });
});
