import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Trial } from '@vinaigrette/pipeline';
import { BadRow, numberOf, readWholeTable } from '@vinaigrette/tables';
import { z } from 'zod';
import { RunLog } from '../src/log-runs.js';
import { trainVersion, tuneParameters, type Recipe } from '../src/index.js';

const parameters = z.object({
  least: z.number().default(0),
  guess: z.number().min(0).max(100).default(0),
  kind: z.enum(['mean', 'none']).default('mean'),
});

/** Guesses the mean of a column of numbers: the nearer, the better. */
const recipe: Recipe<typeof parameters, number[], { format: 1; mean: number }> = {
  model: 'guess',
  about: 'a mean',
  parameters,
  loadParameters: ['least'],
  load: async (source, { least }, intake) => {
    const rows = await readWholeTable(
      source,
      {
        columns: ['value'],
        parse: ([text = '']) => numberOf(text) ?? new BadRow('value is no number', text),
      },
      intake,
    );
    return rows.filter((value) => value >= least);
  },
  train: async (values) => {
    const mean = meanOf(values);
    return { 'model.onnx': new Uint8Array([1, 2]), 'card.json': { format: 1, mean } };
  },
  score: (values, { guess, kind }, share) => {
    if (kind === 'none') throw new RangeError('nothing can be learned');
    return -Math.abs(guess - meanOf(values.slice(0, Math.ceil(values.length * share))));
  },
  scoredBy: 'nearness',
  reached: ({ mean }) => ({ metrics: { mean } }),
};
function meanOf(values: readonly number[]): number {
  if (values.length === 0) throw new RangeError('it holds no rows');
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

class Kept extends RunLog {
  readonly trials: Trial[] = [];
  override async add(trial: Trial): Promise<void> {
    this.trials.push(trial);
  }
}

let dir: string;
let input: string;
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'vinaigrette-tune-'));
  input = join(dir, 'values.csv');
  await writeFile(input, `value\n${Array.from({ length: 90 }, (_, n) => 40 + (n % 3)).join('\n')}\n`);
});
afterAll(() => rm(dir, { recursive: true, force: true }));

describe('tuneParameters()', () => {
  it('finds the best of a grid, and logs every trial', async () => {
    const log = new Kept();
    const guesses = Array.from({ length: 9 }, (_, at) => at * 10 + 1).join(',');
    const { best, parameters, trials } = await tuneParameters(
      recipe,
      { input },
      { space: { guess: guesses }, search: 'grid' },
      log,
    );
    expect(best).toMatchObject({ candidate: { guess: 41 }, share: 1, score: expect.closeTo(0, 9) });
    expect(parameters).toEqual({ least: 0, guess: 41, kind: 'mean' });
    expect(log.trials).toEqual(trials);
    expect(trials).toHaveLength(9 + 3 + 1);
  });

  it('draws the same candidates for the same seed', async () => {
    const draw = async (seed: number) => {
      const options = { space: { guess: '0..100' }, search: 'random', trials: 6, seed } as const;
      const { trials } = await tuneParameters(recipe, { input }, options, new Kept());
      return trials.map(({ candidate }) => candidate.guess);
    };
    expect(await draw(1)).toEqual(await draw(1));
    expect(await draw(2)).not.toEqual(await draw(1));
  });

  it('goes on without candidates that cannot be trained, unless there are no others', async () => {
    const search = 'grid' as const;
    const { best } = await tuneParameters(recipe, { input }, { space: { kind: 'none,mean' }, search }, new Kept());
    expect(best.candidate).toEqual({ kind: 'mean' });
    await expect(
      tuneParameters(recipe, { input }, { space: { kind: 'none' }, search }, new Kept()),
    ).rejects.toMatchObject({
      code: 'TRAINING_DATA_INVALID',
      message: expect.stringContaining('nothing can be learned'),
    });
  });

  it.each([
    { what: 'an unknown parameter', space: { gess: '1,2' }, field: 'gess' },
    { what: 'a parameter of loading', space: { least: '1,2' }, field: 'least' },
    { what: 'a value out of range', space: { guess: '1,200' }, field: 'guess' },
    { what: 'bounds in a grid', space: { guess: '1..2' }, field: 'space' },
    { what: 'nothing', space: {}, field: 'space' },
  ])('refuses to try $what', async ({ space, field }) => {
    const options = { space: space as Record<string, string>, search: 'grid' as const };
    await expect(tuneParameters(recipe, { input }, options, new Kept())).rejects.toMatchObject({
      code: 'TRAINING_OPTION_INVALID',
      field,
    });
  });
});

describe('trainVersion()', () => {
  it('runs only what has changed', async () => {
    const [cache, outDir] = [{ dir: join(dir, 'cache'), code: 'v1' }, join(dir, 'version')];
    const train = async (change: object, code = cache.code) => {
      const { card, steps } = await trainVersion(recipe, { input, outDir, ...change }, undefined, {
        cache: { ...cache, code },
      });
      return [card.mean, ...steps.map(({ cached }) => cached)];
    };
    expect(await train({})).toEqual([41, false, false]);
    expect(await train({})).toEqual([41, true, true]);
    expect(await train({ guess: 5 })).toEqual([41, true, false]);
    expect(await train({ least: 42 })).toEqual([42, false, false]);
    expect(await train({}, 'v2')).toEqual([41, false, false]);
  });

  it('refuses an empty window with what there was', async () => {
    await expect(trainVersion(recipe, { input, outDir: join(dir, 'none'), least: 99 })).rejects.toMatchObject({
      code: 'TRAINING_DATA_INVALID',
      message: expect.stringContaining('values.csv cannot be learned from: it holds no rows'),
    });
  });
});
