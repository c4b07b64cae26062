import { featureDrifts, type FeatureDrift } from '@vinaigrette/drift';
import type { DriftQuery } from './domain/drift-query.js';
import { judgeWindow, type JudgedFeature, type SegmentDrift } from './domain/judge-window.js';
import { PANE_MS, type Range } from './domain/pane.js';
import { predictionsIn, sumPanes } from './domain/window-sums.js';
import type { DriftPolicies } from './drift-policies.js';
import type { KnownVersions } from './known-versions.js';
import type { PaneRow, Panes, VersionSelection } from './panes.js';
import type { ReadDrift } from './read-drift.js';

export interface DriftColumn {
  label: string;
  range: Range;
  predictions: number;
  /** In the baseline's order; none where nothing was counted. */
  features: readonly FeatureDrift[];
  judged: JudgedFeature[];
}
export interface DriftMap {
  selection: VersionSelection;
  by: 'time' | 'segment';
  features: string[];
  columns: DriftColumn[];
}

/** Parts of a range, and segments, that are shown at once. */
const COLUMNS_MAX = 24;

/** Features against time or segments, every cell judged as a window of its own: where to look first. */
export class ReadDriftMap {
  constructor(
    private readonly panes: Panes,
    private readonly known: KnownVersions,
    private readonly policies: DriftPolicies,
    private readonly drift: ReadDrift,
  ) {}

  /** Throws as `ReadDrift.versionOf`. */
  async read({ selection, range }: DriftQuery, by: DriftMap['by']): Promise<DriftMap> {
    const found = { ...selection, version: await this.drift.versionOf(selection) };
    const rows = await this.panes.rows(found, range);
    const columns = by === 'time' ? this.byTime(found, rows, range) : this.bySegment(found, rows, range);
    const features = this.known.of(found.model, found.version)?.grid?.baseline.features.map(({ name }) => name) ?? [];
    return { selection: found, by, features, columns };
  }

  private byTime({ model, version, segment }: VersionSelection, rows: readonly PaneRow[], { fromMs, toMs }: Range) {
    const { grid } = this.known.of(model, version) ?? {};
    const panes = Math.ceil((toMs - fromMs) / PANE_MS / COLUMNS_MAX);
    const columns: DriftColumn[] = [];
    for (let at = fromMs; at < toMs; at += panes * PANE_MS) {
      const range = { fromMs: at, toMs: Math.min(toMs, at + panes * PANE_MS) };
      const window = sumPanes(rows, range, grid?.size ?? 0).get(segment);
      const predictions = predictionsIn(window);
      const expected = grid?.segments.get(segment) ?? grid?.expected;
      const features = grid && window ? featureDrifts(grid, window.counters, expected) : [];
      const { judged } = judgeWindow([{ segment, features }], predictions, this.policies.of(model).policy);
      columns.push({
        label: new Date(at).toISOString().slice(0, 16).replace('T', ' '),
        range,
        predictions,
        features,
        judged,
      });
    }
    return columns;
  }

  private bySegment({ model, version }: VersionSelection, rows: readonly PaneRow[], range: Range): DriftColumn[] {
    const { grid } = this.known.of(model, version) ?? {};
    const sums = [...sumPanes(rows, range, grid?.size ?? 0)];
    sums.sort(([a, x], [b, y]) => (a === '' ? -1 : b === '' ? 1 : predictionsIn(y) - predictionsIn(x)));
    const shown = sums.slice(0, COLUMNS_MAX);
    const drifts = shown.map(([segment, window]): SegmentDrift => {
      const features = grid ? featureDrifts(grid, window.counters, grid.segments.get(segment) ?? grid.expected) : [];
      return { segment, features };
    });
    // Adjusted over all of them together: the more is looked at, the more is found by chance.
    const { judged } = judgeWindow(drifts, predictionsIn(shown[0]?.[1]), this.policies.of(model).policy);
    return shown.map(([segment, window], index) => ({
      label: segment,
      range,
      predictions: predictionsIn(window),
      features: (drifts[index] as SegmentDrift).features,
      judged: judged.filter((test) => test.segment === segment),
    }));
  }
}
