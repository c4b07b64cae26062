import { featureDrifts, type Grid } from '@vinaigrette/drift';
import type { Finding } from '../judgements.js';
import type { Judged } from './judge-sums.js';
import type { WindowName } from './pane.js';
import type { WindowSums } from './window-sums.js';

/** Bins told of a finding. */
const BINS_MAX = 5;

/** Everything that has drifted at a look, with its evidence, and how far it is from a week ago where that is known. */
export function findingsOf(
  window: WindowName,
  grid: Grid,
  sums: WindowSums,
  { drifts = [], judged }: Judged,
  lastWeek: WindowSums | undefined,
): Finding[] {
  return judged.flatMap(({ segment, name, measure, severity, effect, qValue, observations }): Finding[] => {
    const feature = drifts.find((drift) => drift.segment === segment)?.features.find((found) => found.name === name);
    if (!severity || qValue === undefined || !feature?.measured) return [];
    const { psi, ks } = feature.measured;
    const moved = (bin: Finding['bins'][number]) => Math.abs(bin.actualShare - bin.expectedShare);
    const bins = [...feature.bins].sort((a, b) => moved(b) - moved(a)).slice(0, BINS_MAX);
    const found: Finding = {
      window,
      segment,
      feature: name,
      measure,
      severity,
      effect,
      qValue,
      rows: observations,
      bins,
    };
    const [now, before] = [sums.get(segment), lastWeek?.get(segment)];
    const week =
      now && before && featureDrifts(grid, now.counters, before.counters).find((f) => f.name === name)?.measured;
    return [
      {
        ...found,
        ...(psi === undefined ? {} : { psi }),
        ...(ks ? { ks } : {}),
        ...(week
          ? { lastWeek: { ...(week.psi === undefined ? {} : { psi: week.psi }), lInfinity: week.lInfinity } }
          : {}),
      },
    ];
  });
}
