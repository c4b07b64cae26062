import { describe, expect, it } from '@jest/globals';
import type { Signature, TensorSpec } from '@vinaigrette/signature';
import { batchOf, planImport, spread } from './import-plan.js';

const spec = (name: string, datatype: TensorSpec['datatype'], shape: number[]): TensorSpec => ({
  name,
  datatype,
  shape,
});
const graph = (inputs: TensorSpec[], outputs = [spec('label', 'INT64', [-1])]): Signature => ({
  inputs,
  outputs,
  logged: [],
});
const named = graph([spec('age', 'FP32', [-1, 1]), spec('sex', 'BYTES', [-1, 1])]);
const wide = graph(
  [spec('X', 'FP32', [-1, 3])],
  [spec('label', 'INT64', [-1]), spec('probabilities', 'FP32', [-1, 2])],
);

describe('asking a model from elsewhere', () => {
  it('fills each input by the column of its name, and judges all of them', () => {
    const plan = planImport(named, ['sex', 'age', 'note']);
    expect(
      batchOf(plan, [
        { age: [3], sex: ['f'] },
        { age: [NaN], sex: [''] },
      ]),
    ).toEqual({
      age: { datatype: 'FP32', shape: [2, 1], data: Float32Array.from([3, NaN]) },
      sex: { datatype: 'BYTES', shape: [2, 1], data: ['f', ''] },
    });
    expect(plan.features.map(({ name, kind }) => [name, kind])).toEqual([
      ['age', 'numeric'],
      ['sex', 'categorical'],
      ['label', 'categorical'],
    ]);
    expect(plan.unjudged).toEqual([]);
  });

  it('fills one wide input by all columns in their order, and says what it cannot judge', () => {
    const plan = planImport(wide, ['a', 'b', 'c']);
    expect(batchOf(plan, [{ c: [3], a: [1], b: [2] }]).X).toMatchObject({
      shape: [1, 3],
      data: Float32Array.from([1, 2, 3]),
    });
    expect(plan.unjudged).toEqual(['X', 'probabilities']);
  });

  it.each([
    ['a column that is missing', named, ['age'], 'sex'],
    ['too few columns', wide, ['a', 'b'], 'X'],
    ['a batch of one size', graph([spec('x', 'FP32', [1, 1])]), ['x'], 'x'],
    ['rows of any size', graph([spec('x', 'FP32', [-1, -1])]), ['x'], 'x'],
  ])('refuses %s', (_, signature, columns, field) => {
    expect(() => planImport(signature, columns)).toThrow(
      expect.objectContaining({ code: 'IMPORT_DATA_INVALID', field }),
    );
  });

  it('takes rows from the whole table', () => {
    expect(spread([0, 1, 2, 3, 4, 5, 6], 3)).toEqual([0, 3, 6]);
    expect(spread([0, 1], 3)).toEqual([0, 1]);
  });
});
