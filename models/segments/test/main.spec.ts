import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, it } from '@jest/globals';

const run = promisify(execFile);
const main = join(import.meta.dirname, '..', 'dist', 'src', 'main.js'); // built by `tsc -b`

let dir: string;
let input: string;
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'segments-main-'));
  input = join(dir, 'people.csv');
  const people = Array.from({ length: 60 }, (_, n) => `${n},${n < 30 ? 20 + (n % 5) : 90 + (n % 7)},${40 + (n % 9)}`);
  await writeFile(input, `CustomerID,Annual Income (k$),Spending Score (1-100)\n${people.join('\n')}\n`);
});
afterAll(() => rm(dir, { recursive: true }));

it('the command line finds how many segments there are, and trains with that', async () => {
  const [parameters, outDir] = [join(dir, 'parameters.yaml'), join(dir, 'version')];
  const given = ['--segmentation', 'demographic', '--starts', '5'];
  const searched = [
    '--try',
    'clusters=2,8',
    '--search',
    'grid',
    '--runs',
    join(dir, 'runs.jsonl'),
    '--out',
    parameters,
  ];
  await run(process.execPath, [main, 'tune', input, ...given, ...searched]);
  expect(await readFile(parameters, 'utf8')).toContain('clusters: 2\n');
  const train = ['train', input, '--parameters', parameters, '--out-dir', outDir, '--no-cache', '--json'];
  const { stdout } = await run(process.execPath, [main, ...train]);
  expect(JSON.parse(stdout)).toMatchObject({ outDir, card: { parameters: { clusters: 2, starts: 5, seed: 1 } } });
}, 120_000);
