import { describe, expect, it } from '@jest/globals';
import { planVersion } from './plan-version.js';

const sha256 = 'f'.repeat(64);
const files = (...paths: string[]) => paths.map((path) => ({ path, sha256, sizeBytes: 1n }));
const onnx = (data?: string) => ({ flavors: { python_function: {}, onnx: { data } } });

describe('planVersion()', () => {
  it.each([
    { what: 'as MLflow logs it', logged: ['MLmodel', 'model.onnx'], placed: ['MLmodel', 'model.onnx'] },
    {
      what: 'with files of ours beside it',
      logged: ['extra_files/golden.json', 'extra_files/baseline.json', 'extra_files/notes.txt', 'model.onnx'],
      placed: ['golden.json', 'baseline.json', 'extra_files/notes.txt', 'model.onnx'],
    },
    { what: 'under another name', logged: ['nets/a.onnx'], data: 'nets/a.onnx', placed: ['model.onnx'] },
  ])('serves a graph $what', ({ logged, data, placed }) => {
    const plan = planVersion('basket', files(...logged), onnx(data));
    expect(plan.servable && plan.files.map(({ path }) => path)).toEqual(placed);
  });

  it.each([
    { what: 'no MLmodel', plan: planVersion('a', files('model.onnx'), undefined), why: 'no MLmodel' },
    { what: 'no ONNX', plan: planVersion('a', files('MLmodel'), { flavors: { sklearn: {} } }), why: 'sklearn' },
    { what: 'another name', plan: planVersion('A b', files('model.onnx'), onnx()), why: '"A b"' },
    { what: 'half an upload', plan: planVersion('a', files('MLmodel'), onnx()), why: 'model.onnx' },
  ])('keeps, and does not serve, what has $what', ({ plan, why }) => {
    expect(plan).toMatchObject({ servable: false, why: expect.stringContaining(why), remedy: expect.any(String) });
  });
});
