import { RolloutState, type Rollout } from '@vinaigrette/contracts/registry';
import { Problem } from '@vinaigrette/problems';
import { In, type EntityManager } from 'typeorm';
import { NOTHING_COUNTED, type SideCounts, type StepCounts } from '../../domain/count-rollout.js';
import type { RolloutDecision } from '../../domain/move-rollout.js';
import type { RolloutFacts, RolloutWish } from '../../domain/start-rollout.js';
import { Rollouts, type CountReport } from '../../rollouts.js';
import { checkServable, highestVersion, readAliasFacts, writeAliasMove } from './alias-moves.js';
import { lockUntilCommit, type Database } from './database.js';
import { holderOf } from './postgres-model-versions.js';
import {
  ACTIVE,
  announceRollout,
  endRollouts,
  kindWord,
  rolloutOf,
  withChanges,
  writeRolloutChange,
} from './rollout-changes.js';
import { RolloutChangeRow, RolloutCountRow, RolloutRow } from './rollout-entities.js';
import { nextRevision } from './wanted-revision.js';

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

export class PostgresRollouts extends Rollouts {
  constructor(private readonly database: Database) {
    super();
  }

  async start(
    wish: RolloutWish,
    { id, salt }: { id: string; salt: string },
    decide: (facts: RolloutFacts) => { control: number },
  ): Promise<Rollout> {
    return this.database.write(async (manager) => {
      const { subject, kind, stepMs, samplesMin, ...told } = wish;
      const { actor, reason, alias } = told;
      await lockUntilCommit(manager, subject.kind, subject.name);
      const active = await manager.findBy(RolloutRow, {
        subjectKind: subject.kind,
        name: subject.name,
        state: In(ACTIVE),
      });
      const { control } = decide({
        holder: (await holderOf(manager, subject.kind, subject.name, alias)) ?? 0,
        highest: await highestVersion(manager, subject.kind, subject.name),
        active: active.map((row) => rolloutOf(row, [])),
      });
      await checkServable(manager, subject, wish.candidate);
      await manager.insert(RolloutRow, {
        ...told,
        id,
        salt,
        control,
        subjectKind: subject.kind,
        name: subject.name,
        kind: kindWord(kind),
        stepMs: String(stepMs),
        samplesMin: String(samplesMin),
        state: 'running',
        step: 0,
      });
      const first = { rolloutId: id, state: 'running' as const, step: 0, actor, reason, evidenceJson: '' };
      await manager.insert(RolloutChangeRow, first);
      await nextRevision(manager);
      const started = await findOne(manager, id);
      await announceRollout(manager, started, started);
      return started;
    });
  }

  async change(
    id: string,
    decide: (rollout: Rollout, seen: { nowMs: number; counts: StepCounts[] }) => RolloutDecision | undefined,
  ): Promise<Rollout> {
    return this.database.write(async (manager) => {
      const { subject, alias } = await findOne(manager, id);
      const key = { kind: subject?.kind ?? '', name: subject?.name ?? '', alias };
      await lockUntilCommit(manager, key.kind, key.name);
      const rollout = await findOne(manager, id); // as it stands under the lock
      const decision = decide(rollout, { nowMs: await readClock(manager), counts: await readCounts(manager, id) });
      if (!decision) return rollout;
      await writeRolloutChange(manager, rollout, decision);
      if (decision.state !== rollout.state || decision.step !== rollout.step) await nextRevision(manager);
      if (decision.state === RolloutState.COMPLETED) {
        const { holder, past } = await readAliasFacts(manager, key);
        const move = { from: holder, to: rollout.candidate, rolledBack: false };
        await writeAliasMove(manager, key, move, decision, past);
        await endRollouts(manager, key, rollout.candidate, decision);
      }
      return findOne(manager, id);
    });
  }

  async list(query: { subject?: { kind: string; name: string } | undefined; active: boolean }): Promise<Rollout[]> {
    const { subject, active } = query;
    return this.database.read(async (manager) => {
      const rows = await manager.find(RolloutRow, {
        where: {
          ...(subject ? { subjectKind: subject.kind, name: subject.name } : {}),
          ...(active ? { state: In(ACTIVE) } : {}),
        },
        order: { startedAt: 'DESC', id: 'DESC' },
      });
      return withChanges(manager, rows);
    });
  }

  async due(): Promise<string[]> {
    const rows = await this.database.read((manager) =>
      manager.query<{ id: string }[]>(
        `SELECT id FROM registry.rollout
         WHERE state = 'running' AND kind = 'canary' AND step_ms > 0
           AND step_since + step_ms * interval '1 millisecond' <= now()`,
      ),
    );
    return rows.map(({ id }) => id);
  }

  async count(report: CountReport): Promise<{ rollout: Rollout; counts: StepCounts[] }> {
    const { rolloutId, gatewayId, processId, step } = report;
    return this.database.write(async (manager) => {
      const row = await findRow(manager, rolloutId);
      if (step >= row.stepsBps.length) {
        throw new Problem('BODY_INVALID', `Rollout ${rolloutId} has no step ${step}`, { field: 'step' });
      }
      const key = [rolloutId, step, gatewayId, processId];
      if (ACTIVE.includes(row.state)) {
        for (const side of SIDES) await writeCounts(manager, [...key, side], report[side]);
      }
      return { rollout: rolloutOf(row, []), counts: await readCounts(manager, rolloutId) };
    });
  }
}

const SIDES = ['candidate', 'control'] as const;

async function writeCounts(manager: EntityManager, key: unknown[], counts: SideCounts): Promise<void> {
  const { requests, errors, fallbacks, slow, successes } = counts;
  await manager.query(
    `INSERT INTO registry.rollout_count AS kept
       (rollout_id, step, gateway_id, process_id, side, requests, errors, fallbacks, slow, successes)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
     ON CONFLICT (rollout_id, step, side, gateway_id, process_id) DO UPDATE SET
       requests = GREATEST(kept.requests, excluded.requests),
       errors = GREATEST(kept.errors, excluded.errors),
       fallbacks = GREATEST(kept.fallbacks, excluded.fallbacks),
       slow = GREATEST(kept.slow, excluded.slow),
       successes = GREATEST(kept.successes, excluded.successes)`,
    [...key, requests, errors, fallbacks, slow, successes],
  );
}

/** The sums of all gateways and their processes, by step. */
async function readCounts(manager: EntityManager, rolloutId: string): Promise<StepCounts[]> {
  const rows = await manager.findBy(RolloutCountRow, { rolloutId });
  const steps = [...new Set(rows.map(({ step }) => step))].sort((one, other) => one - other);
  const sum = (step: number, side: 'candidate' | 'control') =>
    rows.filter((row) => row.step === step && row.side === side).reduce(add, NOTHING_COUNTED);
  return steps.map((step) => ({ step, candidate: sum(step, 'candidate'), control: sum(step, 'control') }));
}

const add = (sum: SideCounts, row: RolloutCountRow): SideCounts => ({
  requests: sum.requests + Number(row.requests),
  errors: sum.errors + Number(row.errors),
  fallbacks: sum.fallbacks + Number(row.fallbacks),
  slow: sum.slow + Number(row.slow),
  successes: sum.successes + Number(row.successes),
});

async function findRow(manager: EntityManager, id: string): Promise<RolloutRow> {
  const row = UUID.test(id) ? await manager.findOneBy(RolloutRow, { id }) : null;
  if (!row) throw new Problem('ROLLOUT_NOT_FOUND', `There is no rollout ${id.slice(0, 80)}`, { field: 'id' });
  return row;
}

async function findOne(manager: EntityManager, id: string): Promise<Rollout> {
  const [rollout] = await withChanges(manager, [await findRow(manager, id)]);
  return rollout as Rollout;
}

/** The database's clock, by which steps are stamped too; of the start of the transaction. */
async function readClock(manager: EntityManager): Promise<number> {
  const [row] = await manager.query<[{ now: Date }]>('SELECT now()');
  return row.now.getTime();
}
