import { Baskets } from './baskets.js';
import { canonicalSku, policies, reasonOf, reasons, type Policy, type Reason, type SalesLine } from './cleaning.js';
import { IntegerList } from './integer-list.js';
import type { SalesWindow } from './sales-window.js';

/** What became of every line read: `lines` = `outsideWindow` + the dropped ones + `repeats` + `kept`. */
export interface CleaningReport {
  policy: Policy;
  lines: number;
  /** Lines sold before or after the window asked for; nothing else is counted of them. */
  outsideWindow: number;
  /** Lines by the first reason that fits them, where the first stood, and whether the policy drops such lines. */
  found: Record<Reason, { lines: number; dropped: boolean; firstLine: number | null }>;
  /** Lines of a SKU that its basket already holds. */
  repeats: number;
  firstRepeat: number | null;
  /** Lines that put a SKU into a basket. */
  kept: number;
  baskets: number;
  distinctSkus: number;
}

/**
 * Puts lines into baskets, one line after another, so that a reader need not hold its file. Of a line that goes into a
 * basket three numbers are kept, and they are brought into order in the end.
 */
export class BasketGatherer {
  /** By invoice. */
  private readonly rowOf = new Map<string, number>();
  private readonly soldAtMs: number[] = [];
  private readonly itemOf = new Map<string, number>();
  private readonly rows = new IntegerList();
  private readonly items = new IntegerList();
  private readonly lineNumbers = new IntegerList();
  private readonly found: CleaningReport['found'];
  private lines = 0;
  private outsideWindow = 0;

  constructor(
    private readonly policy: Policy,
    private readonly window: SalesWindow = {},
  ) {
    const dropped: readonly Reason[] = policies[policy];
    this.found = Object.fromEntries(
      reasons.map((reason) => [reason, { lines: 0, dropped: dropped.includes(reason), firstLine: null }]),
    ) as CleaningReport['found'];
  }

  add(line: SalesLine): void {
    this.lines++;
    if (!this.isInside(line.soldAtMs)) {
      this.outsideWindow++;
      return;
    }
    const reason = reasonOf(line);
    if (reason) {
      this.found[reason].lines++;
      this.found[reason].firstLine ??= line.line;
      if (this.found[reason].dropped) return;
    }
    this.put(line);
  }

  /** The baskets in the order of their first lines. */
  finish(): { baskets: Baskets; report: CleaningReport } {
    const { starts, items, repeats, firstRepeat } = this.ordered();
    const skus = [...this.itemOf.keys()];
    const ids = [...this.rowOf.keys()];
    const baskets = new Baskets({ skus, starts, items, ids, soldAtMs: Float64Array.from(this.soldAtMs) });
    const { policy, lines, outsideWindow, found } = this;
    const counted = { kept: items.length, baskets: ids.length, distinctSkus: skus.length };
    return { baskets, report: { policy, lines, outsideWindow, found, repeats, firstRepeat, ...counted } };
  }

  private put(line: SalesLine): void {
    let row = this.rowOf.get(line.invoice);
    if (row === undefined) {
      row = this.soldAtMs.push(line.soldAtMs ?? NaN) - 1;
      this.rowOf.set(line.invoice, row);
    }
    const sku = canonicalSku(line.sku, this.policy);
    let item = this.itemOf.get(sku);
    if (item === undefined) this.itemOf.set(sku, (item = this.itemOf.size));
    this.rows.push(row);
    this.items.push(item);
    this.lineNumbers.push(line.line);
  }

  /** The lines by basket, in each basket as they came, and each item once (sorted by counting: Knuth, 5.2). */
  private ordered() {
    const [rows, items, lineNumbers] = [this.rows.values(), this.items.values(), this.lineNumbers.values()];
    const ends = new Int32Array(this.rowOf.size + 1);
    for (const row of rows) ends[row + 1]!++;
    for (let row = 0; row < this.rowOf.size; row++) ends[row + 1]! += ends[row] as number;
    const order = new Int32Array(rows.length);
    const free = ends.slice(); // the next place of each basket
    for (let at = 0; at < rows.length; at++) order[free[rows[at]!]!++] = at;

    const seenIn = new Int32Array(this.itemOf.size).fill(-1); // the last basket that held the item
    const starts = new Int32Array(ends.length);
    const kept = new Int32Array(rows.length);
    let [count, firstRepeat] = [0, Infinity];
    for (let row = 0; row < this.rowOf.size; row++) {
      for (let place = ends[row] as number; place < (ends[row + 1] as number); place++) {
        const at = order[place] as number;
        const item = items[at] as number;
        if (seenIn[item] === row) firstRepeat = Math.min(firstRepeat, lineNumbers[at] as number);
        else kept[count++] = item;
        seenIn[item] = row;
      }
      starts[row + 1] = count;
    }
    return {
      starts,
      items: kept.slice(0, count),
      repeats: rows.length - count,
      firstRepeat: count === rows.length ? null : firstRepeat,
    };
  }

  /** A line without a date always is. */
  private isInside(soldAtMs: number | undefined): boolean {
    if (soldAtMs === undefined) return true;
    const { fromMs = -Infinity, toMs = Infinity } = this.window;
    return soldAtMs >= fromMs && soldAtMs < toMs;
  }
}
