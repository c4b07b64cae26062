import type { Logger } from '@vinaigrette/edge';
import type { Alert, AlertDesk, Alerts } from './alerts.js';
import { remember, verdictOf, type AlertMemory, type Verdict } from './domain/alert.js';
import { findingsOf } from './domain/findings.js';
import { judgeSums } from './domain/judge-sums.js';
import type { KnownVersion } from './domain/known-version.js';
import { paneOf, WEEK_MS, wholeWindow, windowNames, windows, type WindowName } from './domain/pane.js';
import { staleness } from './domain/staleness.js';
import { sumPanes, type WindowSums } from './domain/window-sums.js';
import type { DriftPolicies } from './drift-policies.js';
import type { Finding, JudgementFollower } from './judgements.js';
import type { KnownVersions } from './known-versions.js';
import type { MonitorMetrics } from './metrics.js';
import type { ModelVersions } from './model-versions.js';
import type { PaneRow, Panes } from './panes.js';

/** The window that holds all others. */
const LONGEST: WindowName = '24h';

/** Judges every version that is wanted or in use, on both windows, once a pane; one monitor does it for all. */
export class EvaluateDrift {
  private judgedToMs = 0;

  constructor(
    private readonly alerts: Alerts,
    private readonly panes: Panes,
    private readonly versions: ModelVersions,
    private readonly known: KnownVersions,
    private readonly policies: DriftPolicies,
    private readonly metrics: MonitorMetrics,
    private readonly logger: Logger,
    private readonly followers: readonly JudgementFollower[] = [],
  ) {}

  /** Judges up to the end of the last whole pane, unless that was done, here or elsewhere. */
  async run(nowMs: number): Promise<void> {
    const toMs = paneOf(nowMs);
    if (toMs <= this.judgedToMs && !(await this.someoneIsNew())) return;
    const stop = this.metrics.evaluationSeconds.startTimer();
    const mine = await this.alerts.exclusively((desk) => this.judgeAll(desk, toMs));
    if (!mine) this.metrics.forgetJudgements();
    else stop();
    this.judgedToMs = toMs;
  }

  private async judgeAll(desk: AlertDesk, toMs: number): Promise<void> {
    this.metrics.forgetJudgements();
    const alerts = new Map((await desk.all()).map((alert) => [`${alert.model}/${alert.version}`, alert]));
    for (const { model, version } of await this.inUse(toMs)) {
      const name = `${model}/${version}`;
      // Another monitor may know a version that this one has not heard of yet: its alert stays.
      const known = this.known.of(model, version);
      if (known) await this.judge(desk, known, alerts.get(name), toMs);
      alerts.delete(name);
    }
    for (const retired of alerts.values()) await this.retire(desk, retired, toMs);
  }

  private async judge(desk: AlertDesk, known: KnownVersion, before: Alert | undefined, toMs: number): Promise<void> {
    const { model, version } = known;
    const { policy } = this.policies.of(model);
    // Another monitor, or this one before it was restarted, has looked at this pane: a second look counts no second time.
    const again = before !== undefined && before.judgedToMs >= toMs;
    const memory: AlertMemory = { ...before?.memory };
    const findings: Finding[] = [];
    const rows = await this.panes.rows({ model, version, variant: '' }, wholeWindow(LONGEST, toMs));
    for (const window of windowNames) {
      const { look, found } = await this.look(known, rows, window, toMs);
      findings.push(...found);
      if (!again) memory[window] = remember(memory[window], look, { ...policy.fire, clear: policy.clear });
    }
    const stale = staleness(known.registeredAtMs, toMs, policy);
    const verdict: Verdict = { ...verdictOf(memory), ...(stale === '' ? {} : { stale }) };
    this.metrics.setState(model, version, verdict.state);
    if (again) return;
    const changed = before?.verdict.state !== verdict.state || before.verdict.severity !== verdict.severity;
    const sinceMs = before && before.verdict.state === verdict.state ? before.sinceMs : toMs;
    const alert: Alert = { model, version, verdict, sinceMs, judgedToMs: toMs, memory };
    await desk.save(alert);
    findings.sort((a, b) => b.effect - a.effect);
    for (const follower of this.followers) await follower.judged({ alert, before, findings }, desk);
    if (!changed) return;
    const { state, why, severity, features } = verdict;
    await desk.note({
      model,
      version,
      from: before?.verdict.state ?? '',
      to: state,
      atMs: toMs,
      why,
      severity,
      features,
    });
    const loud = state === 'FIRING' || before?.verdict.state === 'FIRING';
    this.logger[loud ? 'warn' : 'info'](
      { model, version, from: before?.verdict.state, to: state, severity, features, why },
      'drift alert',
    );
  }

  private async look(known: KnownVersion, rows: readonly PaneRow[], window: WindowName, toMs: number) {
    const { model, version, grid, baselineSha256 } = known;
    const { policy } = this.policies.of(model);
    const slots = grid?.size ?? 0;
    const sums = sumPanes(rows, wholeWindow(window, toMs), slots);
    let judged = judgeSums(known, sums, policy);
    const lastWeek = judged.look.kind === 'drifted' ? await this.lastWeek(known, window, toMs) : undefined;
    if (policy.season === 'excuse' && lastWeek) judged = judgeSums(known, sums, policy, lastWeek);
    this.metrics.windowRows.set({ model, model_version: version, window }, judged.predictions);
    this.metrics.setFeatures(model, version, window, judged);
    if (grid) this.metrics.baselineInfo.set({ model, model_version: version, baseline: baselineSha256 ?? '' }, 1);
    return { look: judged.look, found: grid ? findingsOf(window, grid, sums, judged, lastWeek) : [] };
  }

  /** The same window seven days earlier: a weekly habit is no news, and a page should say whether it is one. */
  private async lastWeek(
    { model, version, grid }: KnownVersion,
    window: WindowName,
    toMs: number,
  ): Promise<WindowSums> {
    const range = wholeWindow(window, toMs - WEEK_MS);
    return sumPanes(await this.panes.rows({ model, version, variant: '' }, range), range, grid?.size ?? 0);
  }

  private async inUse(toMs: number): Promise<{ model: string; version: number }[]> {
    const used = [...(await this.versions.wanted()), ...(await this.panes.activeSince(toMs - windows['24h']))];
    return [...new Map(used.map((row) => [`${row.model}/${row.version}`, row])).values()];
  }

  /** No alias names it and nothing has asked it for a day: its silence is no news. */
  private async retire(desk: AlertDesk, alert: Alert, toMs: number): Promise<void> {
    const { model, version } = alert;
    const why = 'no alias names it, and it has answered nothing for 24 h';
    await desk.remove(alert);
    for (const follower of this.followers) await follower.retired(alert, desk);
    await desk.note({
      model,
      version,
      from: alert.verdict.state,
      to: 'RETIRED',
      atMs: toMs,
      why,
      severity: '',
      features: [],
    });
    this.logger.info({ model, version, from: alert.verdict.state, to: 'RETIRED', why }, 'drift alert');
  }

  /** A version that has just become known need not wait for the end of a pane. */
  private async someoneIsNew(): Promise<boolean> {
    const wanted = await this.versions.wanted();
    const alerts = await this.alerts.list('');
    return wanted.some(({ model, version }) => {
      return (
        this.known.of(model, version) && !alerts.some((alert) => alert.model === model && alert.version === version)
      );
    });
  }
}
