import { featureDrifts, onGrid, rowsIn, type Counters, type FeatureDrift, type Grid } from '@vinaigrette/drift';
import { Problem } from '@vinaigrette/problems';
import type { Alerts } from './alerts.js';
import { verdictOfLook, type Verdict } from './domain/alert.js';
import { weightedShift } from './domain/compare-windows.js';
import type { Comparison, DriftQuery, Selection } from './domain/drift-query.js';
import { judgeSums } from './domain/judge-sums.js';
import { judgeWindow, type JudgedFeature } from './domain/judge-window.js';
import type { KnownVersion } from './domain/known-version.js';
import { WEEK_MS, type Range } from './domain/pane.js';
import { staleness } from './domain/staleness.js';
import type { StatusCounts } from './domain/tally.js';
import { predictionsIn, sumPanes, wholeOf, type WindowSums } from './domain/window-sums.js';
import type { DriftPolicies } from './drift-policies.js';
import type { KnownVersions } from './known-versions.js';
import type { Panes, VersionSelection } from './panes.js';

export interface Drift {
  selection: VersionSelection;
  range: Range;
  /** What the window is compared with; `name` of a champion is its version. */
  against: { kind: Comparison; name: string; predictions: number };
  statuses: StatusCounts;
  /** Records counted, whatever their status. */
  predictions: number;
  /** In the baseline's order; none without a baseline. */
  features: FeatureDrift[];
  /** As the judge saw them. */
  judged: JudgedFeature[];
  /** Names of the features that the model computes. */
  outputs: ReadonlySet<string>;
  grid: Grid | undefined;
  /** Both sides of the comparison, on that grid. */
  counters: { window: Counters; expected: Counters };
  /** Mean Jensen-Shannon distance weighted by importance, 0..1; undefined: the baseline states no importance. */
  weightedShift: number | undefined;
  /** Counted in the window, busiest first. */
  segments: string[];
  /** Those of them that the judge found drifted. */
  driftedSegments: string[];
  policy: string;
  verdict: Verdict;
}

interface Expected {
  counters: Counters;
  name: string;
  predictions: number;
}

/** How far a model version's predictions are from its baseline, from last week's, or from the champion's. */
export class ReadDrift {
  constructor(
    private readonly panes: Panes,
    private readonly known: KnownVersions,
    private readonly policies: DriftPolicies,
    private readonly alerts: Alerts,
  ) {}

  /** Throws MODEL_NOT_FOUND or VERSION_NOT_FOUND for what was neither registered nor counted. */
  async read({ selection, range, window, against = 'baseline' }: DriftQuery): Promise<Drift> {
    const found = { ...selection, version: await this.versionOf(selection) };
    const known = this.known.of(found.model, found.version);
    const { grid } = known ?? {};
    const slots = grid?.size ?? 0;
    const rows = await this.panes.rows(found, range);
    const sums = sumPanes(rows, range, slots);
    const asked = sums.get(found.segment) ?? wholeOf(new Map(), slots);
    const predictions = predictionsIn(asked);
    const expected = grid ? await this.expected(found, range, against, grid) : undefined;
    const features = grid && expected ? featureDrifts(grid, asked.counters, expected.counters) : undefined;
    const { policy, name: policyName } = this.policies.of(found.model);
    const learned = against === 'baseline' ? grid?.baseline.learned : undefined;
    // The whole against its baseline is judged with all its segments, as the evaluator does.
    const { look, judged } =
      found.segment === '' && against === 'baseline'
        ? judgeSums(known ?? {}, sums, policy)
        : judgeWindow(
            features && [{ segment: found.segment, features }],
            predictions,
            policy,
            learned ? { learned } : {},
          );
    const whole = window !== undefined && against === 'baseline' && found.variant === '' && found.segment === '';
    const alert = whole
      ? (await this.alerts.list(found.model)).find(({ version }) => version === found.version)
      : undefined;
    const stale = staleness(known?.registeredAtMs, range.toMs, policy);
    return {
      selection: found,
      range,
      against: { kind: against, name: expected?.name ?? '', predictions: expected?.predictions ?? 0 },
      statuses: asked.statuses,
      predictions,
      features: features ?? [],
      judged: judged.filter(({ segment }) => segment === found.segment),
      outputs: outputsOf(known),
      grid,
      counters: { window: asked.counters, expected: expected?.counters ?? new Float64Array(slots) },
      weightedShift: weightedShift(features ?? []),
      segments: busiest(sums),
      driftedSegments: [...new Set(judged.filter(({ severity }) => severity).map(({ segment }) => segment))].filter(
        Boolean,
      ),
      policy: policyName,
      verdict: { ...(alert?.verdict ?? verdictOfLook(look)), ...(stale === '' ? {} : { stale }) },
    };
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

  private async expected(
    selection: VersionSelection,
    range: Range,
    against: Comparison,
    grid: Grid,
  ): Promise<Expected> {
    const { model, segment } = selection;
    switch (against) {
      case 'baseline': {
        const counters = grid.segments.get(segment) ?? grid.expected;
        return { counters, name: '', predictions: rowsIn(counters) };
      }
      case 'last-week': {
        const weekAgo = { fromMs: range.fromMs - WEEK_MS, toMs: range.toMs - WEEK_MS };
        const window = await this.panes.read(selection, weekAgo, grid.size);
        return { counters: window.counters, name: '', predictions: predictionsIn(window) };
      }
      case 'champion': {
        const version = this.known.championOf(model);
        const champion = version === undefined ? undefined : this.known.of(model, version);
        if (!champion?.grid) {
          const why = version === undefined ? 'nobody holds the alias' : `version ${version} has no baseline`;
          throw new Problem('VERSION_NOT_FOUND', `There is no champion of ${model} to compare with: ${why}`, {
            field: 'against',
          });
        }
        const theirs = { model, version: champion.version, variant: '', segment };
        const window = await this.panes.read(theirs, range, champion.grid.size);
        const counters = onGrid(grid, champion.grid, window.counters);
        return { counters, name: `version ${champion.version}`, predictions: predictionsIn(window) };
      }
    }
  }
}

/** Features read from a tensor that the model computes. */
function outputsOf(known: KnownVersion | undefined): ReadonlySet<string> {
  const outputs = new Set(known?.schema.filter(({ role }) => role === 'output').map(({ name }) => name));
  const features = known?.grid?.baseline.features ?? [];
  return new Set(features.filter(({ from }) => outputs.has(from.tensor)).map(({ name }) => name));
}

function busiest(sums: WindowSums): string[] {
  const segments = [...sums].filter(([segment, window]) => segment !== '' && predictionsIn(window) > 0);
  return segments
    .sort(([a, x], [b, y]) => predictionsIn(y) - predictionsIn(x) || (a < b ? -1 : 1))
    .map(([name]) => name);
}
