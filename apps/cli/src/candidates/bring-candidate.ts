import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { ConnectError } from '@connectrpc/connect';
import { RolloutKind } from '@vinaigrette/contracts/registry';
import type { ProblemCode } from '@vinaigrette/problems';
import type { Registry } from '../adapters/registry.js';

export const ALIAS = 'champion';

/** How a candidate did on rows that it has not learnt from. */
export interface Judged {
  dataUntilMs: number;
  metrics: Record<string, number>;
}

export interface Candidate {
  model: string;
  /** Holds the files of the version. */
  folder: string;
  description: string;
  /** Where its numbers stand, for the promotion policy to name. */
  validationSet: string;
  /** On the same rows for every version that is asked; undefined: there are none. */
  judge(onnx: Uint8Array): Promise<Judged | undefined>;
  rollout: { stepsBps: number[]; stepMs: number; samplesMin: number };
  reason: string;
}

/** What became of a candidate. `refused`: by the promotion policy. `busy`: another version is on trial. */
export interface Brought {
  version: number;
  how: 'on trial' | 'champion' | 'refused' | 'busy' | 'in force already';
  why: string;
  /** By version: what was told to the registry. */
  judged: Record<number, Judged['metrics']>;
}

/**
 * Brings a version the way every version goes: registered, judged beside the champion on the same rows, tried as a canary
 * if the promotion policy lets it. Called again with the same files it goes on where it was killed. `tell` hears of what
 * could not be judged.
 */
export async function bringCandidate(
  registry: Registry,
  candidate: Candidate,
  tell: (trouble: string) => void,
): Promise<Brought> {
  const { model, folder, rollout, reason, description } = candidate;
  const { modelVersion } = await registry.push(folder, model, description);
  const version = modelVersion?.version ?? 0;
  const champion = (await registry.models()).find(({ name }) => name === model)?.aliases[ALIAS];
  const judged: Brought['judged'] = {};
  if (champion === version) return { version, how: 'in force already', why: 'these very files answer now', judged };
  const own = await readFile(path.join(folder, 'model.onnx'));
  await judge(registry, candidate, version, own, judged);
  if (champion === undefined) {
    const expected = { expected: 0, reason };
    return outcomeOf({ version, judged }, 'champion', 'nobody answered before', async () => {
      await registry.setAlias({ kind: 'model', name: model, alias: ALIAS, version, ...expected });
    });
  }
  try {
    await judge(registry, candidate, champion, await graphOf(registry, model, champion), judged);
  } catch (error) {
    tell(`version ${champion} cannot be judged on the same rows: ${(error as Error).message}`);
  }
  return outcomeOf({ version, judged }, 'on trial', `beside version ${champion}`, async () => {
    const trial = (await registry.rollouts(true)).find(({ subject }) => subject?.name === model);
    if (trial?.candidate === version) return;
    await registry.startRollout({
      subject: { kind: 'model', name: model },
      alias: ALIAS,
      candidate: version,
      kind: RolloutKind.CANARY,
      variant: '',
      stepsBps: rollout.stepsBps,
      stepMs: BigInt(rollout.stepMs),
      samplesMin: rollout.samplesMin,
      reason,
    });
  });
}

async function outcomeOf(
  brought: Pick<Brought, 'version' | 'judged'>,
  how: Brought['how'],
  why: string,
  move: () => Promise<void>,
): Promise<Brought> {
  try {
    await move();
    return { ...brought, how, why };
  } catch (error) {
    const code = problemCodeOf(error);
    if (code === 'GATE_NOT_PASSED') return { ...brought, how: 'refused', why: (error as Error).message };
    if (code === 'ROLLOUT_ACTIVE') return { ...brought, how: 'busy', why: (error as Error).message };
    throw error;
  }
}

async function judge(
  registry: Registry,
  { model, validationSet, judge }: Candidate,
  version: number,
  onnx: Uint8Array,
  judged: Brought['judged'],
): Promise<void> {
  const found = await judge(onnx);
  if (!found) return;
  await registry.putEvaluation({ model, version, validationSet, ...found });
  judged[version] = found.metrics;
}

async function graphOf(registry: Registry, model: string, version: number): Promise<Uint8Array> {
  const held = await registry.version(model, String(version));
  const graph = held?.files.find((file) => file.path === 'model.onnx');
  if (!graph) throw new RangeError(`version ${version} has no model.onnx`);
  return registry.artefact(graph.sha256);
}

/** The code that a failed call of the registry carries; undefined: it failed on the way. */
export function problemCodeOf(error: unknown): ProblemCode | undefined {
  return (ConnectError.from(error).metadata.get('problem-code') as ProblemCode | null) ?? undefined;
}
