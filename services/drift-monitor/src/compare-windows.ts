import type { DriftPolicy } from '@vinaigrette/documents';
import { onGrid, rowsIn, type Grid } from '@vinaigrette/drift';
import { compareWindows, type Compared } from './domain/compare-windows.js';
import type { KnownVersion } from './domain/known-version.js';
import { WEEK_MS, wholeWindow, type WindowName } from './domain/pane.js';
import { predictionsIn, sumPanes, wholeOf } from './domain/window-sums.js';
import type { KnownVersions } from './known-versions.js';
import type { PaneRow, Panes } from './panes.js';

/**
 * Looks at a version from every other side: all of it and each variant alone against the baseline, all of it against the same window a
 * week ago, and against the champion's window of now. Nobody is paged for what is found here; it is there to be read.
 */
export class CompareWindows {
  constructor(
    private readonly panes: Panes,
    private readonly known: KnownVersions,
  ) {}

  /** `rows` are all that was counted in the window; what has nothing on one side is left out. */
  async run(
    version: KnownVersion & { grid: Grid },
    rows: readonly PaneRow[],
    window: WindowName,
    toMs: number,
    policy: DriftPolicy,
  ): Promise<Compared[]> {
    const { grid } = version;
    const range = wholeWindow(window, toMs);
    const whole = rows.filter(({ segment }) => segment === '');
    const sideOf = (of: readonly PaneRow[]) => {
      const sums = sumPanes(of, range, grid.size);
      return { counters: wholeOf(sums, grid.size).counters, predictions: predictionsIn(sums.get('')) };
    };
    const compared: Compared[] = [];
    for (const variant of ['', ...new Set(whole.map((row) => row.variant).sort())]) {
      const about = { window, against: 'baseline', variant, expected: baselineOf(grid) } as const;
      const side = sideOf(whole.filter((row) => variant === '' || row.variant === variant));
      if (side.predictions > 0) compared.push(compareWindows(about, grid, side, grid.expected, policy));
    }
    const all = sideOf(whole);
    if (all.predictions === 0) return compared;
    const others = [
      { against: 'last-week', ...(await this.lastWeek(version, window, toMs)) },
      { against: 'champion', ...(await this.champion(version, window, toMs)) },
    ] as const;
    for (const { against, counters, name = '', predictions = 0 } of others) {
      if (!counters || predictions === 0) continue;
      const about = { window, against, variant: '', expected: { name, predictions } };
      compared.push(compareWindows(about, grid, all, counters, policy));
    }
    return compared;
  }

  private async lastWeek({ model, version, grid }: KnownVersion & { grid: Grid }, window: WindowName, toMs: number) {
    const range = wholeWindow(window, toMs - WEEK_MS);
    const before = await this.panes.read({ model, version, variant: '', segment: '' }, range, grid.size);
    return { counters: before.counters, name: '', predictions: predictionsIn(before) };
  }

  private async champion({ model, version, grid }: KnownVersion & { grid: Grid }, window: WindowName, toMs: number) {
    const theirs = this.known.of(model, this.known.championOf(model) ?? 0);
    if (!theirs?.grid || theirs.version === version) return {};
    const selection = { model, version: theirs.version, variant: '', segment: '' };
    const live = await this.panes.read(selection, wholeWindow(window, toMs), theirs.grid.size);
    const counters = onGrid(grid, theirs.grid, live.counters);
    return { counters, name: `version ${theirs.version}`, predictions: predictionsIn(live) };
  }
}

const baselineOf = (grid: Grid) => ({ name: '', predictions: rowsIn(grid.expected) });
