import { featureDrifts, type FeatureDrift } from '@vinaigrette/drift';
import type { Logger } from '@vinaigrette/edge';
import type { Alert, AlertDesk, Alerts } from './alerts.js';
import { remember, verdictOf, type AlertMemory } from './domain/alert.js';
import { judgeWindow, type JudgedFeature } from './domain/judge-window.js';
import { paneOf, wholeWindow, windowNames, windows, type WindowName } from './domain/pane.js';
import { statuses } from './domain/read-record.js';
import type { KnownVersion } from './domain/known-version.js';
import type { KnownVersions } from './known-versions.js';
import type { Finding, JudgementFollower } from './judgements.js';
import type { MonitorMetrics } from './metrics.js';
import type { ModelVersions } from './model-versions.js';
import type { Panes } from './panes.js';

/** Judges every version that is wanted or in use, on both windows, once a pane; one monitor does it for all. */
export class EvaluateDrift {
  private judgedToMs = 0;

  constructor(
    private readonly alerts: Alerts,
    private readonly panes: Panes,
    private readonly versions: ModelVersions,
    private readonly known: KnownVersions,
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
    // Another monitor, or this one before it was restarted, has looked at this pane: a second look counts no second time.
    const again = before !== undefined && before.judgedToMs >= toMs;
    const memory: AlertMemory = { ...before?.memory };
    const findings: Finding[] = [];
    for (const window of windowNames) {
      const { look, found } = await this.look(known, window, toMs);
      findings.push(...found);
      if (!again) memory[window] = remember(memory[window], look);
    }
    const verdict = verdictOf(memory);
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

  private async look(known: KnownVersion, window: WindowName, toMs: number) {
    const { model, version, grid, fault, baselineSha256 } = known;
    const selection = { model, version, variant: '', segment: '' };
    const { statuses: counted, counters } = await this.panes.read(selection, wholeWindow(window, toMs));
    const predictions = statuses.reduce((sum, status) => sum + counted[status], 0);
    const features = grid && featureDrifts(grid, counters);
    const { look, judged } = judgeWindow(features, predictions);
    this.metrics.windowRows.set({ model, model_version: version, window }, predictions);
    this.metrics.setFeatures(
      model,
      version,
      window,
      (features ?? []).map((feature) => figuresOf(feature, judged)),
    );
    if (grid) this.metrics.baselineInfo.set({ model, model_version: version, baseline: baselineSha256 ?? '' }, 1);
    if (look.kind === 'no-baseline' && fault) look.why = `the baseline cannot be used: ${fault}`;
    return { look, found: findingsOf(window, features ?? [], judged) };
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

/** Bins told of a finding. */
const FINDING_BINS_MAX = 5;

function findingsOf(
  window: WindowName,
  features: readonly FeatureDrift[],
  judged: readonly JudgedFeature[],
): Finding[] {
  return judged.flatMap(({ name, severity, effect, qValue, observations }): Finding[] => {
    const feature = features.find((found) => found.name === name);
    if (!severity || qValue === undefined || !feature?.measured) return [];
    const { psi, ks } = feature.measured;
    const moved = (bin: Finding['bins'][number]) => Math.abs(bin.actualShare - bin.expectedShare);
    const bins = [...feature.bins].sort((a, b) => moved(b) - moved(a)).slice(0, FINDING_BINS_MAX);
    const found = { window, segment: '', feature: name, severity, effect, qValue, psi, rows: observations, bins };
    return [{ ...found, ...(ks ? { ks } : {}) }];
  });
}

function figuresOf(feature: FeatureDrift, judged: readonly JudgedFeature[]) {
  const { name, measured, count, missing, unseen, independent } = feature;
  const rows = feature.kind === 'categorical' ? count + missing : independent.window + missing;
  const qValue = judged.find((found) => found.name === name)?.qValue;
  return {
    name,
    ...(measured ? { psi: measured.psi } : {}),
    ...(measured?.ks ? { ks: measured.ks.low } : {}),
    ...(qValue === undefined ? {} : { qValue }),
    ...(rows > 0 ? { missingRatio: missing / rows } : {}),
    ...(count > 0 ? { unseenRatio: unseen / count } : {}),
  };
}
