import { describe, expect, it } from '@jest/globals';
import { parseLineage } from '@vinaigrette/lineage';
import { checkRows, compareFiles, isOfDatabase, isReproduced, trainingData, trainingWords } from './reproduction.js';

const lineage = (told: object) => parseLineage({ format: 1, ...told });

describe('training a version again', () => {
  it('puts file and folder where the command wants them', () => {
    const words = trainingWords(
      lineage({ command: ['train', '{data}', '--out-dir={out}'] }),
      'sales.csv',
      '/tmp/again',
    );
    expect(words).toEqual(['train', 'sales.csv', '--out-dir=/tmp/again']);
  });

  it.each([
    ['no command', () => trainingWords(lineage({}), 'a', 'b')],
    ['no data', () => trainingData(lineage({}))],
    [
      'two data sets',
      () =>
        trainingData(
          lineage({
            data: [
              { name: 'a', digest: '1' },
              { name: 'b', digest: '2' },
            ],
          }),
        ),
    ],
  ])('refuses a lineage of %s', (_, ask) => {
    expect(ask).toThrow(expect.objectContaining({ code: 'LINEAGE_NOT_FOUND' }));
  });

  const read = { name: 'postgres://db/shop sales', digest: 'a', rows: 7 };
  it('goes on with the rows a database gave before, and says how they changed', () => {
    expect([isOfDatabase(read), isOfDatabase({ name: 'sales.csv', digest: 'a' })]).toEqual([true, false]);
    expect(() => checkRows(read, { ...read, name: 'postgres://copy/shop sales' })).not.toThrow();
    expect(() => checkRows(read, { ...read, digest: 'b', rows: 8 })).toThrow(
      'postgres://db/shop sales has changed since: it gave 7 rows of SHA-256 a, and gives 8 rows of SHA-256 b',
    );
  });

  const registered = [
    { path: 'model.onnx', sha256: 'a' },
    { path: 'card.json', sha256: 'b' },
  ];
  it.each([
    { made: { 'model.onnx': 'a', 'card.json': 'c' }, states: ['other', 'same'], reproduced: true },
    { made: { 'model.onnx': 'x', 'card.json': 'b' }, states: ['same', 'other'], reproduced: false },
    { made: { 'card.json': 'b' }, states: ['same', 'missing'], reproduced: false },
  ])('$made is reproduced: $reproduced', ({ made, states, reproduced }) => {
    const files = compareFiles(registered, new Map(Object.entries(made)));
    expect(files.map(({ path }) => path)).toEqual(['card.json', 'model.onnx']);
    expect(files.map(({ state }) => state)).toEqual(states);
    expect(isReproduced(files)).toBe(reproduced);
  });
});
