import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { codeDigest, runPipeline, type Parameters, type Step } from '../src/index.js';

let cacheDir: string;
beforeEach(async () => {
  cacheDir = await mkdtemp(join(tmpdir(), 'vinaigrette-pipeline-'));
});
afterEach(() => rm(cacheDir, { recursive: true, force: true }));

/** Reads a file of numbers, keeps those above `least`, and adds them, `times` over. */
const stepsOf = (file: string, digest: string | null): Step[] => [
  {
    name: 'read',
    needs: [],
    parameters: ['least'],
    reads: digest,
    run: async (_, { least }) =>
      file
        .split(' ')
        .map(Number)
        .filter((value) => value > (least as number)),
  },
  {
    name: 'sum',
    needs: ['read'],
    parameters: ['times'],
    run: async ({ read }, { times }) => (read as number[]).reduce((sum, value) => sum + value, 0) * (times as number),
  },
];
const parameters = { least: 1, times: 2, other: 'seen by none' };

async function run(change: { parameters?: Parameters; code?: string; file?: string; digest?: string | null } = {}) {
  const { file = '1 2 3', digest = file, code = 'v1', ...rest } = change;
  const { answers, outcomes } = await runPipeline(stepsOf(file, digest), { parameters, cacheDir, code, ...rest });
  return { sum: answers.sum, ran: outcomes.filter(({ cached }) => !cached).map(({ name }) => name) };
}

describe('runPipeline()', () => {
  it.each([
    { what: 'nothing changed', change: {}, ran: [], sum: 10 },
    { what: 'a parameter nobody reads changed', change: { parameters: { ...parameters, other: 1 } }, ran: [], sum: 10 },
    {
      what: 'a parameter of the last step changed',
      change: { parameters: { ...parameters, times: 3 } },
      ran: ['sum'],
      sum: 15,
    },
    {
      what: 'a parameter of the first step changed',
      change: { parameters: { ...parameters, least: 2 } },
      ran: ['read', 'sum'],
      sum: 6,
    },
    { what: 'the code changed', change: { code: 'v2' }, ran: ['read', 'sum'], sum: 10 },
    { what: 'the file changed, and with it what is read', change: { file: '1 2 3 4' }, ran: ['read', 'sum'], sum: 18 },
    { what: 'the file changed, and what is read of it did not', change: { file: '0 2 3' }, ran: ['read'], sum: 10 },
    { what: 'nobody can tell whether the source changed', change: { digest: null }, ran: ['read'], sum: 10 },
  ])('runs $ran again when $what', async ({ change, ran, sum }) => {
    expect(await run()).toEqual({ sum: 10, ran: ['read', 'sum'] });
    expect(await run(change)).toEqual({ sum, ran });
  });

  it('runs everything where nothing is kept', async () => {
    const { outcomes } = await runPipeline(stepsOf('1', '1'), { parameters, code: '' });
    expect(outcomes.map(({ cached }) => cached)).toEqual([false, false]);
  });

  it('keeps what came before a step that fails, and nothing of that one', async () => {
    const [read, sum] = stepsOf('1 2', 'a') as [Step, Step];
    const failing = { ...sum, run: () => Promise.reject(new Error('no')) };
    const options = { parameters, code: '', cacheDir };
    await expect(runPipeline([read, failing], options)).rejects.toThrow('no');
    const { outcomes } = await runPipeline([read, sum], options);
    expect(outcomes.map(({ cached }) => cached)).toEqual([true, false]);
  });

  it('forgets the oldest answers of a step', async () => {
    for (let least = 0; least < 12; least++) await run({ parameters: { ...parameters, least } });
    expect(await readdir(join(cacheDir, 'read'))).toHaveLength(8);
  });

  it('refuses steps in an order that cannot be', async () => {
    const [read, sum] = stepsOf('1', '1') as [Step, Step];
    const options = { parameters, code: '' };
    await expect(runPipeline([sum, read], options)).rejects.toThrow(/needs read/);
    await expect(runPipeline([read, read], options)).rejects.toThrow(/Two steps/);
  });
});

describe('codeDigest()', () => {
  it('changes with any compiled file, and with nothing else', async () => {
    await writeFile(join(cacheDir, 'a.js'), '1');
    const first = await codeDigest([cacheDir]);
    await writeFile(join(cacheDir, 'a.d.ts'), '2');
    await writeFile(join(cacheDir, 'a.spec.js'), '2');
    expect(await codeDigest([cacheDir])).toBe(first);
    await writeFile(join(cacheDir, 'b.js'), '2');
    expect(await codeDigest([cacheDir])).not.toBe(first);
  });
});
