import type { Logger } from '@vinaigrette/edge';
import type { Alert, AlertDesk, Alerts } from './alerts.js';
import { CompareWindows } from './compare-windows.js';
import { CorrectLooks, type CorrectedLooks } from './correct-looks.js';
import { remember, verdictOf, type AlertMemory, type Verdict } from './domain/alert.js';
import type { Compared } from './domain/compare-windows.js';
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
  private readonly correctLooks: CorrectLooks;
  private readonly compareWindows: CompareWindows;

  constructor(
    private readonly alerts: Alerts,
    private readonly panes: Panes,
    private readonly versions: ModelVersions,
    private readonly known: KnownVersions,
    private readonly policies: DriftPolicies,
    private readonly metrics: MonitorMetrics,
    private readonly logger: Logger,
    private readonly followers: readonly JudgementFollower[] = [],
  ) {
    this.correctLooks = new CorrectLooks(panes);
    this.compareWindows = new CompareWindows(panes, known);
  }

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
    const late = before && !again ? await this.correct(desk, known, before) : undefined;
    const memory: AlertMemory = { ...(late?.alert ?? before)?.memory };
    const findings: Finding[] = [];
    const compared: Compared[] = [];
    const rows = await this.panes.rows({ model, version, variant: '' }, wholeWindow(LONGEST, toMs));
    for (const window of windowNames) {
      const { look, predictions, found, beside } = await this.look(known, rows, window, toMs);
      findings.push(...found);
      compared.push(...beside);
      if (again) continue;
      const past = memory[window];
      await desk.issue(known, { window, toMs, revision: 1, predictions, look, ...(past ? { before: past } : {}) });
      memory[window] = remember(past, look, { ...policy.fire, clear: policy.clear });
    }
    const stale = staleness(known.registeredAtMs, toMs, policy);
    const verdict: Verdict = { ...verdictOf(memory), ...(stale === '' ? {} : { stale }) };
    this.metrics.setState(model, version, verdict.state);
    if (again) return;
    await desk.compare(known, toMs, compared);
    const changed = before?.verdict.state !== verdict.state || before.verdict.severity !== verdict.severity;
    const sinceMs = before && before.verdict.state === verdict.state ? before.sinceMs : toMs;
    const alert: Alert = { model, version, verdict, sinceMs, judgedToMs: toMs, memory };
    await desk.save(alert);
    findings.sort((a, b) => b.effect - a.effect);
    const corrected = late && correction(late, before as Alert);
    for (const follower of this.followers) {
      await follower.judged({ alert, before, findings, ...(corrected === undefined ? {} : { corrected }) }, desk);
    }
    if (changed) await this.note(desk, alert, before, corrected);
  }

  private async note(desk: AlertDesk, alert: Alert, before: Alert | undefined, corrected = ''): Promise<void> {
    const { model, version, judgedToMs } = alert;
    const { state, severity, features } = alert.verdict;
    const why = corrected === '' ? alert.verdict.why : `${alert.verdict.why} (${corrected})`;
    const from = before?.verdict.state;
    await desk.note({ model, version, from: from ?? '', to: state, atMs: judgedToMs, why, severity, features });
    const loud = state === 'FIRING' || from === 'FIRING';
    this.logger[loud ? 'warn' : 'info']({ model, version, from, to: state, severity, features, why }, 'drift alert');
  }

  /** What was judged of windows that rows have come into since. */
  private async correct(desk: AlertDesk, known: KnownVersion, before: Alert): Promise<CorrectedLooks | undefined> {
    const { model, version } = known;
    const { policy } = this.policies.of(model);
    const late = await this.correctLooks.run(desk, known, before, policy, async (sums, window, toMs) => {
      return (await this.judgeSums(known, sums, window, toMs)).judged.look;
    });
    if (!late) return undefined;
    this.metrics.looksReissued.inc(late.looks);
    const from = new Date(late.fromMs).toISOString();
    this.logger.info({ model, version, looks: late.looks, from }, 'looks issued again: rows came late');
    return late;
  }

  private async look(known: KnownVersion, rows: readonly PaneRow[], window: WindowName, toMs: number) {
    const { model, version, grid, baselineSha256 } = known;
    const sums = sumPanes(rows, wholeWindow(window, toMs), grid?.size ?? 0);
    const { judged, lastWeek } = await this.judgeSums(known, sums, window, toMs);
    this.metrics.windowRows.set({ model, model_version: version, window }, judged.predictions);
    this.metrics.setFeatures(model, version, window, judged);
    if (!grid) return { look: judged.look, predictions: judged.predictions, found: [], beside: [] };
    this.metrics.baselineInfo.set({ model, model_version: version, baseline: baselineSha256 ?? '' }, 1);
    const { policy } = this.policies.of(model);
    const beside = await this.compareWindows.run({ ...known, grid }, rows, window, toMs, policy);
    this.metrics.setComparisons(model, version, beside);
    const found = findingsOf(window, grid, sums, judged, lastWeek);
    return { look: judged.look, predictions: judged.predictions, found, beside };
  }

  private async judgeSums(known: KnownVersion, sums: WindowSums, window: WindowName, toMs: number) {
    const { policy } = this.policies.of(known.model);
    const judged = judgeSums(known, sums, policy);
    if (judged.look.kind !== 'drifted') return { judged, lastWeek: undefined };
    const lastWeek = await this.lastWeek(known, window, toMs);
    return { judged: policy.season === 'excuse' ? judgeSums(known, sums, policy, lastWeek) : judged, lastWeek };
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

/** In words, when what came late decides whether the version fires. */
function correction({ alert, looks, fromMs }: CorrectedLooks, before: Alert): string | undefined {
  if ((alert.verdict.state === 'FIRING') === (before.verdict.state === 'FIRING')) return undefined;
  return `${looks} looks since ${new Date(fromMs).toISOString()} were corrected by rows that came late`;
}
