import type { DriftPolicy } from '@vinaigrette/documents';
import type { PaneRow } from '../panes.js';
import { remember, verdictOf, type AlertMemory } from './alert.js';
import { judgeSums } from './judge-sums.js';
import type { KnownVersion } from './known-version.js';
import { PANE_MS, windowNames, windows, type Range } from './pane.js';
import type { Look, Severity } from './judge-window.js';
import { addPane, type WindowSums } from './window-sums.js';

/** A page that would have been sent. */
export interface WouldBePage {
  fromMs: number;
  /** When it would have been resolved; absent: not within the range. */
  toMs?: number;
  severity: Severity;
  features: string[];
  why: string;
}

/**
 * Every page a policy would have sent for a version in a range: a look at the end of each pane, as the evaluator looks,
 * beginning without a memory. `rows` are those of the range and of the longest window before it, oldest first. Does not
 * excuse what was so a week ago.
 */
export function rejudge(
  known: Pick<KnownVersion, 'grid' | 'fault'>,
  rows: readonly PaneRow[],
  { fromMs, toMs }: Range,
  policy: DriftPolicy,
): { looks: number; pages: WouldBePage[] } {
  const sliding = windowNames.map((name) => ({ name, window: new SlidingWindow(rows, windows[name], known) }));
  const memory: AlertMemory = {};
  const pages: WouldBePage[] = [];
  let looks = 0;
  for (let atMs = fromMs + PANE_MS; atMs <= toMs; atMs += PANE_MS) {
    looks += 1;
    for (const { name, window } of sliding) {
      memory[name] = remember(memory[name], window.lookAt(atMs, policy), { ...policy.fire, clear: policy.clear });
    }
    const { state, severity, features, why } = verdictOf(memory);
    const open = pages.at(-1)?.toMs === undefined ? pages.at(-1) : undefined;
    if (state === 'FIRING' && !open) pages.push({ fromMs: atMs, severity: severity || 'warning', features, why });
    else if (state === 'FIRING' && open && severity === 'critical') open.severity = severity;
    else if (state !== 'FIRING' && open) open.toMs = atMs;
  }
  return { looks, pages };
}

/** A window that moves forward by panes: what comes in is added, what falls out is taken away. */
class SlidingWindow {
  private readonly sums: WindowSums = new Map();
  /** How many rows have come in, and how many have fallen out again. */
  private came = 0;
  private left = 0;
  private look: Look | undefined;

  constructor(
    private readonly rows: readonly PaneRow[],
    private readonly lengthMs: number,
    private readonly known: Pick<KnownVersion, 'grid' | 'fault'>,
  ) {}

  lookAt(toMs: number, policy: DriftPolicy): Look {
    const before = this.came + this.left;
    this.came = this.pass(this.came, toMs, 1);
    this.left = this.pass(this.left, toMs - this.lengthMs, -1);
    // Nothing came and nothing left: it looks as it did.
    if (this.look && this.came + this.left === before) return this.look;
    return (this.look = judgeSums(this.known, this.sums, policy).look);
  }

  private pass(from: number, beforeMs: number, times: 1 | -1): number {
    let at = from;
    for (; at < this.rows.length; at++) {
      const row = this.rows[at] as PaneRow;
      if (row.paneMs >= beforeMs) break;
      addPane(this.sums, row, this.known.grid?.size ?? 0, times);
    }
    return at;
  }
}
