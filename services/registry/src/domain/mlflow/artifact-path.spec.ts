import { describe, expect, it } from '@jest/globals';
import { checkArtifactPath, checkWritable, listFolder, pathOfUri, modelPath } from './artifact-path.js';

describe('a path of an artefact', () => {
  it.each([
    'a',
    '1/run/artifacts/model/MLmodel',
    'a b/ä.txt',
    '..a/b..',
    '.hidden',
    '100 %',
    '100%25',
    'ab:c',
    '．．/a',
  ])('may be %s', (path) => {
    expect(() => checkArtifactPath(path)).not.toThrow();
  });

  it.each([
    '',
    '/',
    '/etc/passwd',
    'a/',
    'a//b',
    '..',
    '../a',
    'a/../../b',
    'a/..',
    './a',
    'a\\b',
    'a\0',
    'a\nb',
    '%2e%2e/a',
    'a/%2E%2E%2Fb',
    '%252e%252e%252fa',
    `%${'25'.repeat(7)}2e./a`,
    'a%5cb',
    'a%00',
    'C:/a',
    'c%3a',
    'x'.repeat(1_025),
  ])('may not be %j', (path) => {
    expect(() => checkArtifactPath(path)).toThrow(expect.objectContaining({ code: 'BODY_INVALID' }));
  });

  it.each(['registered', 'registered/basket/1/model.onnx'])('is for ever below %s', (path) => {
    expect(() => checkWritable(path)).toThrow(expect.objectContaining({ code: 'ARTIFACT_IMMUTABLE' }));
  });

  it.each(['registered2/a', '1/registered/a'])('may be written below %s', (path) => {
    expect(() => checkWritable(path)).not.toThrow();
  });
});

describe('pathOfUri()', () => {
  it.each([
    { uri: 'mlflow-artifacts:/1/run/artifacts', path: '1/run/artifacts' },
    { uri: 'mlflow-artifacts:///1/a/', path: '1/a' },
    { uri: 's3://bucket/a', path: undefined },
    { uri: 'file:///etc', path: undefined },
  ])('reads $uri', ({ uri, path }) => expect(pathOfUri(uri)).toBe(path));

  it('refuses to leave the tree', () => {
    expect(() => pathOfUri('mlflow-artifacts:/../../etc')).toThrow(expect.objectContaining({ code: 'BODY_INVALID' }));
  });
});

describe('modelPath()', () => {
  const digest = () => 'digest';
  it.each([
    { name: 'basket', path: 'registered/basket' },
    { name: 'Basket_v1.2', path: 'registered/Basket_v1.2' },
    { name: 'a b', path: 'registered/digest' },
    { name: '..', path: 'registered/digest' },
    { name: 'a%2f', path: 'registered/digest' },
  ])('gives $name the folder $path', ({ name, path }) => expect(modelPath(name, digest)).toBe(path));
});

describe('listFolder()', () => {
  const below = [
    { path: 'a/b/c.txt', sizeBytes: 1 },
    { path: 'a/b/d.txt', sizeBytes: 2 },
    { path: 'a/e.txt', sizeBytes: 3 },
  ];
  it.each([
    { folder: '', names: ['a/'] },
    { folder: 'a', names: ['b/', 'e.txt'] },
    { folder: 'a/b', names: ['c.txt', 'd.txt'] },
  ])('lists $folder', ({ folder, names }) => {
    const within = below.filter(({ path }) => path.startsWith(folder === '' ? '' : `${folder}/`));
    expect(listFolder(folder, within).map(({ name, isFolder }) => (isFolder ? `${name}/` : name))).toEqual(names);
  });
});
