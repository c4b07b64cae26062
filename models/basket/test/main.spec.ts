import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Card } from '../src/index.js';

interface Trial {
  share: number;
  score: number;
  candidate: { minSupport: number; minConfidence: number };
}

const main = join(import.meta.dirname, '..', 'dist', 'src', 'main.js'); // built by `tsc -b`

/** Runs the command line to its end, whatever that is. */
function run(...words: string[]): Promise<{ code: number; stdout: string; stderr: string }> {
  return new Promise((done) => {
    execFile(process.execPath, [main, ...words], (error, stdout, stderr) => {
      done({ code: error ? Number(error.code) : 0, stdout, stderr });
    });
  });
}

describe('the command line', () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'basket-main-'));
  });
  afterAll(() => rm(folder, { recursive: true }));

  it('generates a shop, trains on it, tells how far it is, and prints the card', async () => {
    const [sales, version] = [join(folder, 'sales.csv'), join(folder, 'version')];
    const small = ['--from', '2026-01-01', '--to', '2026-02-01', '--seed', '7'];
    expect(await run('generate', sales, ...small)).toMatchObject({ code: 0, stdout: '' });
    const trained = await run('train', sales, '--out-dir', version, '--no-cache');
    expect(trained).toMatchObject({
      code: 0,
      stderr: expect.stringMatching(/- read \d+ lines.*\n- judged on \d+ held-back baskets/),
    });
    const card = JSON.parse(await readFile(join(version, 'card.json'), 'utf8'));
    expect(JSON.parse(trained.stdout)).toEqual(card);
  });

  it.each([
    {
      words: ['train', '/no/such.csv', '--out-dir', '/tmp/none'],
      says: '[FILE_UNREADABLE] /no/such.csv cannot be read',
    },
    {
      words: ['train', main, '--out-dir', '/tmp/none', '--min-support', '2'],
      says: '[TRAINING_OPTION_INVALID] minSupport',
    },
    { words: ['train', main, '--out-dir', '/tmp/none', '--min-support', 'x'], says: 'It is no number' },
    { words: ['train', main, '--out-dir', '/tmp/none', '--format', 'xml'], says: 'Allowed choices are online-retail' },
    { words: ['generate', '/tmp/none.csv', '--to', '2025-01-01'], says: '[TRAINING_OPTION_INVALID] from must be' },
  ])(
    'refuses $words in plain words, without a stack',
    async ({ words, says }) => {
      const { code, stderr } = await run(...words);
      expect(code).toBe(1);
      expect(stderr).toContain(says);
      expect(stderr).not.toMatch(/\n\s+at /);
    },
    60_000,
  );

  it('tells which goods of the demo shop belong side by side', async () => {
    const sales = join(folder, 'sales.csv');
    const { stdout } = await run('shelves', sales, '--min-support', '0.01');
    const milk = stdout.split('\n').find((shelf) => shelf.split(', ').includes('milk'));
    expect(milk?.split(', ')).toContain('sugar');
    const { shelves } = JSON.parse((await run('shelves', sales, '--min-support', '0.01', '--json')).stdout);
    expect(shelves.map(({ skus }: { skus: string[] }) => skus.join(', '))).toContain(milk);
  });

  it('runs no step again that nothing has changed for, and says so', async () => {
    const [sales, cache] = [join(folder, 'sales.csv'), join(folder, 'cache')];
    const train = async (...more: string[]) => {
      const words = ['--out-dir', join(folder, 'cached'), '--cache-dir', cache, '--json', ...more];
      const { code, stdout, stderr } = await run('train', sales, ...words);
      expect({ code, told: stderr.includes('taken from before') }).toEqual({ code: 0, told: more.length > 0 });
      const { steps, card } = JSON.parse(stdout) as { steps: { cached: boolean }[]; card: Card };
      return { cached: steps.map((step) => step.cached), minSupport: card.parameters.minSupport };
    };
    expect(await train()).toEqual({ cached: [false, false], minSupport: 0.01 });
    expect(await train('--set', 'minSupport=0.01')).toEqual({ cached: [true, true], minSupport: 0.01 });
    expect(await train('--set', 'minSupport=0.02')).toEqual({ cached: [true, false], minSupport: 0.02 });
  });

  it('tunes: tries, logs every trial, and prints parameters to train with', async () => {
    const [sales, runs, out] = ['sales.csv', 'runs.jsonl', 'parameters.yaml'].map((name) => join(folder, name)) as [
      string,
      string,
      string,
    ];
    const words = ['--try', 'minSupport=0.01,0.02', '--try', 'minConfidence=0.2,0.4', '--search', 'grid'];
    const { code, stdout } = await run('tune', sales, ...words, '--runs', runs, '--out', out);
    expect(code).toBe(0);
    expect(await readFile(out, 'utf8')).toBe(stdout);
    const trials = (await readFile(runs, 'utf8'))
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as Trial);
    expect(trials.map(({ share }) => Math.round(share * 100))).toEqual([33, 33, 33, 33, 100]);
    const best = trials.at(-1) as Trial;
    expect(stdout).toContain(`minSupport: ${best.candidate.minSupport}\n`);
    const trained = await run('train', sales, '--parameters', out, '--out-dir', join(folder, 'tuned'), '--no-cache');
    expect(JSON.parse(trained.stdout)).toMatchObject({
      parameters: best.candidate,
      heldBack: { recommenders: { rules: { hitRateAt5: best.score } } },
    });
  });

  it('explains itself with examples', async () => {
    expect((await run('train', '--help')).stdout).toContain('Examples:\n  $ node dist/src/main.js train');
  });
});
