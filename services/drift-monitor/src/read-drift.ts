import { featureDrifts, type FeatureDrift } from '@vinaigrette/drift';
import { Problem } from '@vinaigrette/problems';
import type { Alerts } from './alerts.js';
import { verdictOfLook, type Verdict } from './domain/alert.js';
import type { DriftQuery, Selection } from './domain/drift-query.js';
import { judgeWindow } from './domain/judge-window.js';
import type { Range } from './domain/pane.js';
import { statuses } from './domain/read-record.js';
import type { StatusCounts } from './domain/tally.js';
import type { KnownVersions } from './known-versions.js';
import type { Panes } from './panes.js';

export interface Drift {
  selection: Selection & { version: number };
  range: Range;
  statuses: StatusCounts;
  /** Records counted, whatever their status. */
  predictions: number;
  /** In the baseline's order; none without a baseline. */
  features: FeatureDrift[];
  verdict: Verdict;
}

/** How far a model version's predictions are from its baseline. */
export class ReadDrift {
  constructor(
    private readonly panes: Panes,
    private readonly known: KnownVersions,
    private readonly alerts: Alerts,
  ) {}

  /** Throws MODEL_NOT_FOUND or VERSION_NOT_FOUND for what was neither registered nor counted. */
  async read({ selection, range, window }: DriftQuery): Promise<Drift> {
    const found = { ...selection, version: await this.versionOf(selection) };
    const { statuses: counted, counters } = await this.panes.read(found, range);
    const predictions = statuses.reduce((sum, status) => sum + counted[status], 0);
    const { grid, fault } = this.known.of(found.model, found.version) ?? {};
    const features = grid && featureDrifts(grid, counters);
    const { look } = judgeWindow(features, predictions);
    const whole = window !== undefined && found.variant === '' && found.segment === '';
    const alert = whole
      ? (await this.alerts.list(found.model)).find(({ version }) => version === found.version)
      : undefined;
    const verdict = alert?.verdict ?? verdictOfLook(look);
    if (fault && verdict.state === 'NO_BASELINE') verdict.why = `the baseline cannot be used: ${fault}`;
    return { selection: found, range, statuses: counted, predictions, features: features ?? [], verdict };
  }

  /** The version that is meant: the one named, else the newest that was counted, else the newest known. */
  async versionOf({ model, version }: Selection): Promise<number> {
    const counted = (await this.panes.counted(model)).map((row) => row.version);
    const known = this.known
      .all()
      .filter((row) => row.model === model)
      .map((row) => row.version);
    const newest = Math.max(...(counted.length > 0 ? counted : known));
    if (!Number.isFinite(newest))
      throw new Problem('MODEL_NOT_FOUND', `${model} is not known here`, { field: 'model' });
    if (version === undefined) return newest;
    if (counted.includes(version) || known.includes(version)) return version;
    throw new Problem('VERSION_NOT_FOUND', `${model} has no version ${version} here`, { field: 'version' });
  }
}
