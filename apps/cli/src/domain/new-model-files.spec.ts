import { describe, expect, it } from '@jest/globals';
import { belongsToTemplate, fileOfModel, withReference } from './new-model-files.js';

describe('belongsToTemplate()', () => {
  it.each([
    ['src/main.ts', true],
    ['data/sample.csv', true],
    ['dist/src/main.js', false],
    ['version/model.onnx', false],
    ['.vinaigrette/pipeline/load', false],
  ])('of %s is %s', (path, belongs) => expect(belongsToTemplate(path)).toBe(belongs));
});

describe('fileOfModel()', () => {
  it.each([
    { path: 'tsconfig.json', text: '"../../libs/drift"', becomes: '"../../../libs/drift"' },
    { path: 'package.json', text: '"@vinaigrette/new-model"', becomes: '"@vinaigrette/churn"' },
    {
      path: 'src/main.ts',
      text: "join(import.meta.dirname, '../../..')",
      becomes: "join(import.meta.dirname, '../../..')",
    },
  ])('turns $text of $path into $becomes', ({ path, text, becomes }) => {
    expect(fileOfModel(path, text, 'churn', '../../../')).toBe(becomes);
  });
});

describe('withReference()', () => {
  const tsconfig = `${JSON.stringify({ files: [], references: [{ path: 'apps/cli' }, { path: 'proof' }] }, null, 2)}\n`;

  it('adds a project in its place, once', () => {
    const changed = withReference(tsconfig, 'models/churn');
    expect(JSON.parse(changed)).toEqual({
      files: [],
      references: [{ path: 'apps/cli' }, { path: 'models/churn' }, { path: 'proof' }],
    });
    expect(withReference(changed, 'models/churn')).toBe(changed);
  });
});
