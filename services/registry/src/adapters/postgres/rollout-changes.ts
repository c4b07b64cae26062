import { create } from '@bufbuild/protobuf';
import {
  RolloutChangeSchema,
  RolloutKind,
  RolloutSchema,
  RolloutState,
  Verdict,
  type Rollout,
} from '@vinaigrette/contracts/registry';
import { In, type EntityManager } from 'typeorm';
import type { By } from '../../aliases.js';
import { decideEnd, type RolloutDecision } from '../../domain/move-rollout.js';
import type { AliasRowKey } from './alias-moves.js';
import { announce } from './outbox.js';
import { RolloutChangeRow, RolloutRow, type KindWord, type StateWord, type VerdictWord } from './rollout-entities.js';

export const ACTIVE: StateWord[] = ['running', 'paused'];

/** Rollouts with all their changes, in the order of the rows. */
export async function withChanges(manager: EntityManager, rows: readonly RolloutRow[]): Promise<Rollout[]> {
  const changes = await manager.find(RolloutChangeRow, {
    where: { rolloutId: In(rows.map(({ id }) => id)) },
    order: { id: 'ASC' },
  });
  return rows.map((row) =>
    rolloutOf(
      row,
      changes.filter(({ rolloutId }) => rolloutId === row.id),
    ),
  );
}

/** Writes a decision: its line of history, and the position it leads to. The subject's lock must be held. */
export async function writeRolloutChange(
  manager: EntityManager,
  rollout: Rollout,
  { state, step, actor, reason, evidenceJson, verdict }: RolloutDecision,
): Promise<void> {
  const { id } = rollout;
  await manager.insert(RolloutChangeRow, {
    rolloutId: id,
    state: stateWord(state),
    step,
    actor,
    reason,
    evidenceJson,
    verdict: verdict === Verdict.UNSPECIFIED ? null : (Verdict[verdict].toLowerCase() as VerdictWord),
  });
  if (state === rollout.state && step === rollout.step) return;
  const begins = step !== rollout.step || state === RolloutState.RUNNING; // anew, after a pause
  await manager.update(
    RolloutRow,
    { id },
    {
      state: stateWord(state),
      step,
      actor,
      reason,
      changedAt: () => 'now()',
      ...(begins ? { stepSince: () => 'now()' } : {}),
    },
  );
  await announceRollout(manager, rollout, { state, step, actor, reason });
}

/** Tells of a rollout's new position. */
export async function announceRollout(
  manager: EntityManager,
  { id, subject, alias, kind, candidate, control, stepsBps }: Rollout,
  { state, step, actor, reason }: Pick<RolloutDecision, 'state' | 'step' | 'actor' | 'reason'>,
): Promise<void> {
  await announce(manager, 'rollout.changed', {
    id,
    subject: { kind: subject?.kind, name: subject?.name },
    alias,
    kind: kindWord(kind),
    candidate,
    control,
    state: stateWord(state),
    shareBps: stepsBps[step] ?? 0,
    actor,
    reason,
  });
}

/** Ends what was tried for an alias that was moved: what it was compared with is gone. */
export async function endRollouts(manager: EntityManager, key: AliasRowKey, holder: number, by: By): Promise<void> {
  const { kind: subjectKind, name, alias } = key;
  const rows = await manager.findBy(RolloutRow, { subjectKind, name, alias, state: In(ACTIVE) });
  for (const rollout of rows.map((row) => rolloutOf(row, []))) {
    await writeRolloutChange(manager, rollout, decideEnd(rollout, holder, by));
  }
}

export function rolloutOf(row: RolloutRow, changes: readonly RolloutChangeRow[]): Rollout {
  return create(RolloutSchema, {
    id: row.id,
    subject: { kind: row.subjectKind, name: row.name },
    alias: row.alias,
    candidate: row.candidate,
    control: row.control,
    kind: RolloutKind[row.kind.toUpperCase() as Uppercase<KindWord>],
    variant: row.variant,
    stepsBps: row.stepsBps,
    step: row.step,
    segmentBps: row.segmentBps,
    stepMs: BigInt(row.stepMs),
    samplesMin: Number(row.samplesMin),
    salt: row.salt,
    state: stateOf(row.state),
    reason: row.reason,
    actor: row.actor,
    startedAtMs: BigInt(row.startedAt.getTime()),
    stepSinceMs: BigInt(row.stepSince.getTime()),
    changedAtMs: BigInt(row.changedAt.getTime()),
    changes: changes.map(changeOf),
  });
}

function changeOf(row: RolloutChangeRow) {
  return create(RolloutChangeSchema, {
    state: stateOf(row.state),
    step: row.step,
    actor: row.actor,
    reason: row.reason,
    evidenceJson: row.evidenceJson,
    changedAtMs: BigInt(row.changedAt.getTime()),
    verdict: row.verdict === null ? Verdict.UNSPECIFIED : Verdict[row.verdict.toUpperCase() as Uppercase<VerdictWord>],
  });
}

export const kindWord = (kind: RolloutKind): KindWord => RolloutKind[kind].toLowerCase() as KindWord;
const stateWord = (state: RolloutState): StateWord => RolloutState[state].toLowerCase() as StateWord;
const stateOf = (word: StateWord): RolloutState => RolloutState[word.toUpperCase() as Uppercase<StateWord>];
