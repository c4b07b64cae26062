import { randomUUID } from 'node:crypto';
import type { Rollout } from '@vinaigrette/contracts/registry';
import type { PerformancePolicy } from '@vinaigrette/documents';
import type { ActionDesk, Actions } from './actions.js';
import { brokenInARow, lookAtGuard, whyNotRollBack, type Guard, type GuardLook } from './domain/guard.js';
import { Z_ONE_SIDED_95 } from './domain/intervals.js';
import { turnPage } from './domain/page.js';
import { paneOf } from './domain/pane.js';
import type { MeasuredPerformance, MeasurePerformance } from './measure-performance.js';
import type { MonitorMetrics } from './metrics.js';
import type { InForce, WantedNow } from './wanted-now.js';

type Guarded = InForce<'performance'> & { body: PerformancePolicy & { guard: Guard } };

/**
 * Holds champions and candidates to what their model's `performance` document promises, once a pane, and decides what to do
 * about it. Only what really happened takes a version back; drift of its inputs alone pauses a rollout, no more.
 */
export class ActOnPerformance {
  private judgedToMs = 0;

  constructor(
    private readonly actions: Actions,
    private readonly performance: MeasurePerformance,
    private readonly wanted: WantedNow,
    private readonly metrics: MonitorMetrics,
    /** Whatever the documents say, nothing is done. */
    private readonly dryRun: boolean,
  ) {}

  async run(nowMs: number): Promise<void> {
    const toMs = paneOf(nowMs);
    if (toMs <= this.judgedToMs) return;
    await this.actions.exclusively(async (desk) => {
      for (const document of this.wanted.documents('performance')) {
        const { guard } = document.body;
        if (guard) await this.judgeModel(desk, { ...document, body: { ...document.body, guard } }, toMs);
      }
      for (const rollout of this.wanted.rollouts()) await this.holdOnDrift(desk, rollout, toMs);
    });
    this.judgedToMs = toMs;
  }

  private async judgeModel(desk: ActionDesk, document: Guarded, toMs: number): Promise<void> {
    const { model, guard } = document.body;
    const wanted = this.wanted.model(model);
    const champion = wanted?.aliases.champion ?? 0;
    if (champion > 0) {
      const { look, broken, measured } = await this.judge(desk, document, champion, toMs);
      const isBroken = broken >= guard.windows;
      await this.page(desk, model, champion, isBroken ? look : undefined, broken, toMs);
      if (isBroken && guard.action !== 'page') {
        const evidence = { document: `${document.name} ${document.version}`, windows: broken, measured };
        await this.takeBack(desk, document, champion, wanted?.previous.champion ?? 0, look, evidence, toMs);
      }
    }
    for (const rollout of this.wanted.rollouts().filter(({ subject }) => subject?.name === model)) {
      const { look, broken, measured } = await this.judge(desk, document, rollout.candidate, toMs);
      const verdict = broken >= guard.windows ? 'BAD' : look.kind === 'kept' ? 'GOOD' : undefined;
      if (verdict) await this.decideVerdict(desk, rollout, verdict, look.why, measured, guard.action, toMs);
    }
  }

  private async judge(desk: ActionDesk, document: Guarded, version: number, toMs: number) {
    const { model, guard } = document.body;
    const selection = { model, version, variant: '', segment: '' };
    const range = { fromMs: toMs - guard.windowMs, toMs };
    const measured = await this.performance.measure(document.body, selection, range, Z_ONE_SIDED_95);
    this.metrics.setPerformance(model, version, measured);
    const look = lookAtGuard(guard, measured.measures[guard.measure]);
    const before = await desk.guardOf(model, version);
    // The same pane was judged by another monitor, or before a restart: it counts once.
    const broken = before.judgedToMs >= toMs ? before.broken : brokenInARow(before.broken, look);
    await desk.setGuard(model, version, broken, toMs);
    return { look, broken, measured };
  }

  private async takeBack(
    desk: ActionDesk,
    { body: { model, guard } }: Guarded,
    version: number,
    previous: number,
    look: GuardLook,
    evidence: object,
    nowMs: number,
  ): Promise<void> {
    const past = await desk.rollBacks(model);
    const whyNot = whyNotRollBack(guard, {
      previous,
      previousBroken: previous > 0 && (await desk.guardOf(model, previous)).broken >= guard.windows,
      takenBackBefore: past.some((action) => action.version === version),
      lastMs: past[0]?.decidedMs,
      nowMs,
    });
    if (whyNot !== undefined) return;
    const dryRun = this.dryRun || guard.action !== 'act';
    const isNew = await desk.decide({
      key: `roll-back ${model} ${version}${dryRun ? ' dry-run' : ''}`,
      model,
      version,
      kind: 'roll-back',
      detail: {},
      why: look.why,
      evidence,
      decidedMs: nowMs,
      state: dryRun ? 'dry-run' : 'decided',
    });
    if (isNew && !dryRun) this.metrics.rollBacks.inc({ reason: guard.measure });
  }

  private async decideVerdict(
    desk: ActionDesk,
    { id, step, subject, candidate }: Rollout,
    verdict: 'GOOD' | 'HOLD' | 'BAD',
    why: string,
    evidence: MeasuredPerformance | object,
    action: Guard['action'],
    nowMs: number,
  ): Promise<void> {
    const dryRun = this.dryRun || action !== 'act';
    await desk.decide({
      key: `verdict ${id} ${step} ${verdict}${dryRun ? ' dry-run' : ''}`,
      model: subject?.name ?? '',
      version: candidate,
      kind: 'verdict',
      detail: { rolloutId: id, verdict },
      why,
      evidence,
      decidedMs: nowMs,
      state: dryRun ? 'dry-run' : 'decided',
    });
  }

  private async holdOnDrift(desk: ActionDesk, rollout: Rollout, nowMs: number): Promise<void> {
    const model = rollout.subject?.name ?? '';
    if (!(await desk.isDriftCritical(model, rollout.candidate))) return;
    const why = `the inputs of ${model} ${rollout.candidate} have drifted; see its page`;
    await this.decideVerdict(desk, rollout, 'HOLD', why, {}, 'act', nowMs);
  }

  private async page(
    desk: ActionDesk,
    model: string,
    version: number,
    broken: GuardLook | undefined,
    windows: number,
    nowMs: number,
  ): Promise<void> {
    const subject = { name: 'PerformanceDrop', model, version } as const;
    const content = broken && {
      severity: 'critical' as const,
      summary: `${model} ${version} does worse than was promised`,
      description: `${broken.why}, in ${windows} windows in a row`,
      details: {},
    };
    const open = await desk.openPage(subject);
    await desk.turn(turnPage({ id: randomUUID(), ...subject }, open, content, { sinceMs: nowMs, nowMs }));
  }
}
