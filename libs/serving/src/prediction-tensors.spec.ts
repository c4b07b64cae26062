import { describe, expect, it } from '@jest/globals';
import { tensorOf, type Datatype, type Signature } from '@vinaigrette/signature';
import { inputTensors, outputValues } from './prediction-tensors.js';

const signature = (datatype: Datatype, shape: number[]): Signature => ({
  inputs: [{ name: 'x', datatype, shape }],
  outputs: [{ name: 'y', datatype: 'FP32', shape: [-1] }],
  logged: [],
});

describe('inputTensors()', () => {
  it.each([
    { datatype: 'FP32', spec: [-1], value: 2, shape: [1], data: [2] },
    { datatype: 'FP32', spec: [-1, 1], value: 2, shape: [1, 1], data: [2] },
    { datatype: 'FP32', spec: [1, 1], value: [2], shape: [1, 1], data: [2] },
    { datatype: 'FP64', spec: [-1, -1], value: [1, 2, 3], shape: [1, 3], data: [1, 2, 3] },
    { datatype: 'FP64', spec: [-1, -1], value: 7, shape: [1, 1], data: [7] },
    { datatype: 'FP64', spec: [-1, -1], value: [], shape: [1, 0], data: [] },
    { datatype: 'FP32', spec: [-1, 2, 2], value: [1, 2, 3, 4], shape: [1, 2, 2], data: [1, 2, 3, 4] },
    { datatype: 'FP32', spec: [-1, -1, 2], value: [1, 2, 3, 4], shape: [1, 2, 2], data: [1, 2, 3, 4] },
    { datatype: 'BYTES', spec: [-1], value: 'yes', shape: [1], data: ['yes'] },
    { datatype: 'BOOL', spec: [-1], value: true, shape: [1], data: [1] },
    { datatype: 'INT64', spec: [-1], value: '9007199254740993', shape: [1], data: [9007199254740993n] },
    { datatype: 'FP32', spec: [], value: 3, shape: [], data: [3] },
    { datatype: 'FP32', spec: [-1], value: null, shape: [1], data: [NaN] },
  ] as const)('makes $value of $datatype $spec a row of shape $shape', ({ datatype, spec, value, shape, data }) => {
    const given = { x: Array.isArray(value) ? [...value] : (value as number) };
    const { x } = inputTensors(signature(datatype, [...spec]), { given, otherwise: {} });
    expect({ ...x, data: Array.from(x!.data as ArrayLike<unknown>) }).toEqual({ datatype, shape, data });
  });

  it.each([
    { what: 'a list for one value', shape: [-1], value: [1], field: 'inputs.x' },
    { what: 'too many values', shape: [-1, 2], value: [1, 2, 3], field: 'inputs.x' },
    { what: 'a part of a row', shape: [-1, -1, 2], value: [1, 2, 3], field: 'inputs.x' },
    { what: 'two open dimensions', shape: [-1, -1, -1], value: [1], field: 'inputs.x' },
    { what: 'text for a number', shape: [-1, 1], value: '1', field: 'inputs.x' },
    { what: 'text within a list', shape: [-1, -1], value: [1, '2'], field: 'inputs.x[1]' },
  ])('names $field of $what', ({ shape, value, field }) => {
    const make = () => inputTensors(signature('FP32', shape), { given: { x: value }, otherwise: {} });
    expect(make).toThrow(expect.objectContaining({ code: 'SIGNATURE_MISMATCH', field }));
  });

  it('takes defaults, its own only', () => {
    const otherwise = { x: 5 };
    expect(inputTensors(signature('FP32', [-1]), { given: {}, otherwise })['x']?.data).toEqual(Float32Array.of(5));
    expect(inputTensors(signature('FP32', [-1]), { given: { x: 6 }, otherwise })['x']?.data).toEqual(
      Float32Array.of(6),
    );
    const inherited: Signature = {
      ...signature('FP32', [-1]),
      inputs: [{ name: 'toString', datatype: 'FP32', shape: [-1] }],
    };
    const unread = () => inputTensors(signature('FP32', [-1]), { given: { x: 6, y: 1 }, otherwise });
    expect(unread).toThrow(expect.objectContaining({ field: 'inputs.y' }));
    const read = inputTensors(signature('FP32', [-1]), { given: { x: 6, y: 1 }, otherwise }, { y: 'number' });
    expect(Object.keys(read)).toEqual(['x']);
    expect(() => inputTensors(inherited, { given: {}, otherwise: {} })).toThrow(
      expect.objectContaining({ field: 'inputs.toString' }),
    );
  });
});

describe('outputValues()', () => {
  it('reads the first row: a value, a list, or lists of lists', () => {
    expect(
      outputValues({
        scalar: tensorOf('FP32', [2], [0.5, 1]),
        column: tensorOf('FP64', [2, 1], [3, 4]),
        flag: tensorOf('BOOL', [1, 1], [true]),
        big: tensorOf('INT64', [1], ['12']),
        label: tensorOf('BYTES', [1], ['ok']),
        list: tensorOf('FP32', [2, 2], [1, 2, 3, 4]),
        grid: tensorOf('FP32', [1, 2, 2], [1, 2, 3, 4]),
        nothing: tensorOf('FP32', [1, 0], []),
      }),
    ).toEqual({
      scalar: 0.5,
      column: 3,
      flag: true,
      big: 12,
      label: 'ok',
      list: [1, 2],
      grid: [
        [1, 2],
        [3, 4],
      ],
      nothing: [],
    });
  });
});
