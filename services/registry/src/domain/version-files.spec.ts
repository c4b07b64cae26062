import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { checkFiles, filesDigest } from './version-files.js';

const file = (path: string, digit = '0') => ({ path, sha256: digit.repeat(64), sizeBytes: 0n });
const model = file('model.onnx');

describe('checkFiles()', () => {
  it('takes a model alone, and with files around it', () => {
    expect(() => checkFiles([model])).not.toThrow();
    expect(() => checkFiles([file('weights/a'), model, file('weights/b'), file('weights.json')])).not.toThrow();
  });

  it.each([
    { what: 'no model.onnx', files: [file('golden.json')], code: 'MODEL_INVALID', field: 'files' },
    { what: 'no files', files: [], code: 'MODEL_INVALID', field: 'files' },
    { what: 'a model in a folder only', files: [file('a/model.onnx')], code: 'MODEL_INVALID', field: 'files' },
    { what: 'a path upwards', files: [model, file('../x')], code: 'BODY_INVALID', field: 'files[1].path' },
    { what: 'a digest in capitals', files: [file('model.onnx', 'A')], code: 'BODY_INVALID', field: 'files[0].sha256' },
    { what: 'one path twice', files: [model, file('model.onnx', '1')], code: 'BODY_INVALID', field: 'files[1].path' },
    { what: 'a file as a folder', files: [model, file('model.onnx/x')], code: 'BODY_INVALID', field: 'files[1].path' },
    {
      what: 'too many',
      files: Array.from({ length: 1_001 }, (_, index) => file(`f${index}`)),
      code: 'BODY_INVALID',
      field: 'files',
    },
  ])('refuses $what', ({ files, code, field }) => {
    expect(() => checkFiles(files)).toThrow(expect.objectContaining({ code, field }));
  });
});

describe('filesDigest()', () => {
  it('does not depend on order or declared sizes, and does on every path and content', () => {
    const files = [model, file('a', '1')];
    const digest = filesDigest(files);
    expect(digest).toMatch(/^[0-9a-f]{64}$/);
    expect(filesDigest([...files].reverse())).toBe(digest);
    expect(filesDigest(files.map((one) => ({ ...one, sizeBytes: 7n })))).toBe(digest);
    expect(filesDigest([model, file('b', '1')])).not.toBe(digest);
    expect(filesDigest([model, file('a', '2')])).not.toBe(digest);
    expect(filesDigest([model])).not.toBe(digest);
  });

  it('is the same for two sets only when they are the same set', () => {
    const set = fc.uniqueArray(fc.record({ path: fc.constantFrom('a', 'b', 'c'), digit: fc.constantFrom('1', '2') }), {
      selector: ({ path }) => path,
    });
    const key = (files: { path: string; digit: string }[]) =>
      files
        .map((f) => f.path + f.digit)
        .sort()
        .join();
    fc.assert(
      fc.property(set, set, (one, other) => {
        const digests = [one, other].map((files) => filesDigest(files.map(({ path, digit }) => file(path, digit))));
        expect(digests[0] === digests[1]).toBe(key(one) === key(other));
      }),
    );
  });
});
