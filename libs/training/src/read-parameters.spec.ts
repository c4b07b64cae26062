import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { readParameters } from './read-parameters.js';

let dir: string;
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'vinaigrette-parameters-'));
});
afterAll(() => rm(dir, { recursive: true, force: true }));

const file = async (text: string) => {
  const path = join(dir, 'parameters.yaml');
  await writeFile(path, text);
  return path;
};

describe('readParameters()', () => {
  it.each([
    { what: 'nothing', text: undefined, set: [], is: {} },
    { what: 'a file', text: 'minSupport: 0.01\npolicy: strict\n', set: [], is: { minSupport: 0.01, policy: 'strict' } },
    { what: 'a file of comments', text: '# nothing yet\n', set: [], is: {} },
    {
      what: 'texts',
      text: undefined,
      set: ['a=1', 'b= x ', 'c=true', 'd=p=q'],
      is: { a: 1, b: 'x', c: true, d: 'p=q' },
    },
    { what: 'both, the text winning', text: 'a: 1\nb: 2\n', set: ['a=3', 'a=4'], is: { a: 4, b: 2 } },
  ])('reads $what', async ({ text, set, is }) => {
    expect(await readParameters(text === undefined ? undefined : await file(text), set)).toEqual(is);
  });

  it.each([
    { what: 'a list', text: '- a\n- b\n', set: [], code: 'TRAINING_OPTION_INVALID' },
    { what: 'no YAML', text: 'a: [1,\n', set: [], code: 'TRAINING_OPTION_INVALID' },
    { what: 'a text without a value', text: '', set: ['a'], code: 'TRAINING_OPTION_INVALID' },
    { what: 'a text without a name', text: '', set: ['=1'], code: 'TRAINING_OPTION_INVALID' },
  ])('refuses $what', async ({ text, set, code }) => {
    await expect(readParameters(await file(text), set)).rejects.toMatchObject({ code });
  });

  it('refuses a file that is not there', async () => {
    await expect(readParameters(join(dir, 'ghost.yaml'), [])).rejects.toMatchObject({ code: 'FILE_UNREADABLE' });
  });
});
