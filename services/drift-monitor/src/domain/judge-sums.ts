import type { DriftPolicy } from '@vinaigrette/documents';
import { featureDrifts, type Grid } from '@vinaigrette/drift';
import { judgeWindow, testKey, type JudgedFeature, type Look, type SegmentDrift } from './judge-window.js';
import type { KnownVersion } from './known-version.js';
import { predictionsIn, wholeOf, type WindowSums } from './window-sums.js';

/** What one look at a window found. */
export interface Judged {
  predictions: number;
  /** The whole first, then each segment the baseline declares; undefined: the version has no baseline. */
  drifts: SegmentDrift[] | undefined;
  judged: JudgedFeature[];
  look: Look;
}

/** Judges the whole against the baseline, and each segment against the baseline of that segment. */
export function judgeSums(
  { grid, fault }: Pick<KnownVersion, 'grid' | 'fault'>,
  sums: WindowSums,
  policy: DriftPolicy,
  lastWeek?: WindowSums,
): Judged {
  const predictions = predictionsIn(sums.get(''));
  const drifts = grid && driftsOf(grid, sums);
  const first = judgeWindow(drifts, predictions, policy, { learned: grid?.baseline.learned });
  const { look, judged } =
    grid && drifts && lastWeek && first.look.kind === 'drifted'
      ? judgeWindow(drifts, predictions, policy, {
          learned: grid.baseline.learned,
          excused: asLastWeek(grid, sums, lastWeek, policy),
        })
      : first;
  if (look.kind === 'no-baseline' && fault) look.why = `the baseline cannot be used: ${fault}`;
  return { predictions, drifts, judged, look };
}

function driftsOf(grid: Grid, sums: WindowSums): SegmentDrift[] {
  const declared = [...grid.segments].flatMap(([segment, expected]) => {
    const window = sums.get(segment);
    return window ? [{ segment, features: featureDrifts(grid, window.counters, expected) }] : [];
  });
  return [{ segment: '', features: featureDrifts(grid, wholeOf(sums, grid.size).counters) }, ...declared];
}

/** What has not moved since the same window a week ago, where that had enough to compare with. */
function asLastWeek(grid: Grid, sums: WindowSums, lastWeek: WindowSums, policy: DriftPolicy): ReadonlySet<string> {
  const excused = new Set<string>();
  for (const [segment, before] of lastWeek) {
    const now = sums.get(segment);
    if (!now) continue;
    const features = featureDrifts(grid, now.counters, before.counters);
    const { judged } = judgeWindow([{ segment, features }], predictionsIn(now), policy);
    for (const { name, measure, qValue, effect } of judged) {
      if (measure === 'shape' && qValue !== undefined && effect < 1) excused.add(testKey(segment, name));
    }
  }
  return excused;
}
