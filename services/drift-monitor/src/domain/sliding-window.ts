import type { PaneRow } from '../panes.js';
import { addPane, type WindowSums } from './window-sums.js';

/** A window that moves forward by panes: what comes in is added, what falls out is taken away. */
export class SlidingWindow {
  readonly sums: WindowSums = new Map();
  /** How many rows have come in, and how many have fallen out again. */
  private came = 0;
  private left = 0;

  /** `rows` oldest first, on a grid of so many slots. */
  constructor(
    private readonly rows: readonly PaneRow[],
    private readonly lengthMs: number,
    private readonly slots: number,
  ) {}

  /** Moves its end forward; whether anything came in or fell out. */
  moveTo(toMs: number): boolean {
    const before = this.came + this.left;
    this.came = this.pass(this.came, toMs, 1);
    this.left = this.pass(this.left, toMs - this.lengthMs, -1);
    return this.came + this.left > before;
  }

  private pass(from: number, beforeMs: number, times: 1 | -1): number {
    let at = from;
    for (; at < this.rows.length; at++) {
      const row = this.rows[at] as PaneRow;
      if (row.paneMs >= beforeMs) break;
      addPane(this.sums, row, this.slots, times);
    }
    return at;
  }
}
