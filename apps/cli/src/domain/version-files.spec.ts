import { describe, expect, it } from '@jest/globals';
import { belongsToVersion } from './version-files.js';

describe('belongsToVersion()', () => {
  it.each([
    ['model.onnx', true],
    ['weights/part.1', true],
    ['.DS_Store', false],
    ['.git/config', false],
    ['notes/.draft', false],
    ['card.json~', false],
    ['model.onnx.partial', false],
  ])('%s: %s', (file, belongs) => {
    expect(belongsToVersion(file)).toBe(belongs);
  });
});
