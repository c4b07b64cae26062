import { createHash, randomUUID } from 'node:crypto';
import { mkdir, readdir, readFile, rename, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { deserialize, serialize } from 'node:v8';
import { checkOrder, keyOf, parametersOf, type Parameters, type Step, type StepOutcome } from './step.js';

/** Answers kept of each step: the newest ones, by last use. */
const KEPT_MAX = 8;

export interface PipelineOptions {
  parameters: Parameters;
  /** Digest of the code that runs, as `codeDigest` makes it. */
  code: string;
  /** Where answers are kept; absent: nowhere, every step runs. */
  cacheDir?: string | undefined;
  /** Told after each step. */
  progress?: ((outcome: StepOutcome) => void) | undefined;
}

/**
 * Runs the steps in their order, each only if its key - inputs, parameters, code - is new, and answers what each
 * answered. A step that fails leaves nothing behind; those before it are kept. Throws what a step throws, and RangeError
 * where the order cannot be.
 */
export async function runPipeline(
  steps: readonly Step[],
  { parameters, code, cacheDir, progress = () => {} }: PipelineOptions,
): Promise<{ answers: Record<string, unknown>; outcomes: StepOutcome[] }> {
  checkOrder(steps);
  const answers: Record<string, unknown> = {};
  const digests: Record<string, string> = {};
  const outcomes: StepOutcome[] = [];
  for (const step of steps) {
    const startedMs = performance.now();
    const key = keyOf(step, parameters, code, digests);
    const file = cacheDir === undefined ? undefined : join(cacheDir, step.name, `${key}.bin`);
    let bytes = step.reads === null ? undefined : await kept(file);
    const cached = bytes !== undefined;
    if (bytes) answers[step.name] = deserialize(bytes);
    else {
      const needed = Object.fromEntries(step.needs.map((name) => [name, answers[name]]));
      answers[step.name] = await step.run(needed, parametersOf(step, parameters));
      if (file) await keep(file, (bytes = serialize(answers[step.name])));
    }
    if (bytes) digests[step.name] = createHash('sha256').update(bytes).digest('hex');
    const outcome = { name: step.name, key, cached, durationMs: Math.round(performance.now() - startedMs) };
    outcomes.push(outcome);
    progress(outcome);
  }
  return { answers, outcomes };
}

/** Digest of every compiled file below the folders: a change of any of them is a change of what runs. */
export async function codeDigest(folders: readonly string[]): Promise<string> {
  const hash = createHash('sha256');
  for (const folder of folders) {
    const names = (await readdir(folder, { recursive: true })).filter((name) => /(?<!\.spec)\.js$/.test(name)).sort();
    for (const name of names) hash.update(`${name}\0`).update(await readFile(join(folder, name)));
  }
  return hash.digest('hex');
}

async function kept(file: string | undefined): Promise<Buffer | undefined> {
  if (file === undefined) return undefined;
  const bytes = await readFile(file).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  });
  if (bytes) await utimes(file, new Date(), new Date());
  return bytes;
}

async function keep(file: string, bytes: Uint8Array): Promise<void> {
  const folder = join(file, '..');
  await mkdir(folder, { recursive: true });
  const part = `${file}.${randomUUID()}.part`;
  await writeFile(part, bytes, { mode: 0o600 }); // answers may tell of people
  await rename(part, file);
  await forgetOldest(folder);
}

async function forgetOldest(folder: string): Promise<void> {
  const names = (await readdir(folder)).filter((name) => name.endsWith('.bin'));
  const files = await Promise.all(
    names.map(async (name) => ({
      name,
      usedMs: (await stat(join(folder, name)).catch(() => undefined))?.mtimeMs ?? 0,
    })),
  );
  const old = files.sort((a, b) => b.usedMs - a.usedMs).slice(KEPT_MAX);
  await Promise.all(old.map(({ name }) => rm(join(folder, name), { force: true })));
}
