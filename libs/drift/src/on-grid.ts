import type { NumericFeature } from './baseline.js';
import type { Counters } from './counters.js';
import { ROWS_SLOT, type CategoryCells, type Grid, type NumericCells } from './grid.js';

/**
 * Counters of one grid as another one would hold them, to compare two live versions. Exact where the features' edges or
 * categories are the same; else a bin's mass is spread evenly over its width, so a distribution is off by at most the
 * mass of one bin of `from`: about 1/grid. Features that `from` does not have stay empty.
 */
export function onGrid(to: Grid, from: Grid, counters: Counters): Counters {
  const moved = new Float64Array(to.size);
  moved[ROWS_SLOT] = counters[ROWS_SLOT] as number;
  for (const cells of to.cells) {
    const theirs = from.cells.find(({ kind, feature }) => kind === cells.kind && feature.name === cells.feature.name);
    if (!theirs) continue;
    moved[cells.at] = counters[theirs.at] as number;
    if (cells.kind === 'numeric') moveBins(moved, cells, counters, theirs as NumericCells);
    else moveCategories(moved, cells, counters, theirs as CategoryCells);
  }
  return moved;
}

function moveBins(moved: Counters, to: NumericCells, counters: Counters, from: NumericCells): void {
  const bins = counters.subarray(from.at + 1, from.at + 1 + from.feature.counts.length);
  const below = new CumulativeCounts(from, bins);
  let last = 0;
  to.feature.edges.forEach((edge, bin) => {
    const now = below.at(edge);
    moved[to.at + 1 + bin] = now - last;
    last = now;
  });
  moved[to.at + 1 + to.feature.edges.length] = below.total - last;
}

/** How many values lie below a value, by the counters of a numeric feature. */
class CumulativeCounts {
  readonly total: number;
  private readonly edges: NumericFeature['edges'];
  /** Below each edge. */
  private readonly below: Float64Array;

  constructor(
    private readonly cells: NumericCells,
    bins: Float64Array,
  ) {
    this.edges = cells.feature.edges;
    this.below = new Float64Array(this.edges.length);
    let sum = 0;
    for (let edge = 0; edge < this.edges.length; edge++) this.below[edge] = sum += bins[edge] as number;
    this.total = sum + (bins[this.edges.length] as number);
  }

  at(value: number): number {
    const bin = this.cells.bins.of(value);
    if (bin === 0) return value === this.edges[0] ? (this.below[0] as number) : 0;
    const [start, from] = [this.below[bin - 1] as number, this.edges[bin - 1] as number];
    // Nothing is known of where beyond the last edge values lie: all of them, above any value there.
    if (bin === this.edges.length || this.cells.atoms[bin] === 1) return start;
    const to = this.edges[bin] as number;
    return start + (((this.below[bin] as number) - start) * (value - from)) / (to - from);
  }
}

function moveCategories(moved: Counters, to: CategoryCells, counters: Counters, from: CategoryCells): void {
  moved[to.at + 1] = counters[from.at + 1] as number;
  const others = to.at + 2 + to.indexOf.size;
  from.feature.values.forEach(({ value }, index) => {
    const place = to.indexOf.get(value);
    moved[place === undefined ? others : to.at + 2 + place]! += counters[from.at + 2 + index] as number;
  });
  const theirOthers = from.at + 2 + from.indexOf.size;
  moved[others]! += counters[theirOthers] as number;
  moved[others + 1]! += counters[theirOthers + 1] as number;
}
