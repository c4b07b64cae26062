import type { DriftPolicy } from '@vinaigrette/documents';
import type { PaneRow } from '../panes.js';
import { remember, verdictOf, type AlertMemory } from './alert.js';
import { judgeSums } from './judge-sums.js';
import type { KnownVersion } from './known-version.js';
import { PANE_MS, windowNames, windows, type Range, type WindowName } from './pane.js';
import type { Look, Severity } from './judge-window.js';
import { SlidingWindow } from './sliding-window.js';

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
  const slots = known.grid?.size ?? 0;
  const sliding = windowNames.map((name) => ({ name, window: new SlidingWindow(rows, windows[name], slots) }));
  const last: Partial<Record<WindowName, Look>> = {};
  const memory: AlertMemory = {};
  const pages: WouldBePage[] = [];
  let looks = 0;
  for (let atMs = fromMs + PANE_MS; atMs <= toMs; atMs += PANE_MS) {
    looks += 1;
    for (const { name, window } of sliding) {
      // Where nothing came and nothing left, it looks as it did.
      const look = window.moveTo(atMs) ? undefined : last[name];
      last[name] = look ?? judgeSums(known, window.sums, policy).look;
      memory[name] = remember(memory[name], last[name], { ...policy.fire, clear: policy.clear });
    }
    const { state, severity, features, why } = verdictOf(memory);
    const open = pages.at(-1)?.toMs === undefined ? pages.at(-1) : undefined;
    if (state === 'FIRING' && !open) pages.push({ fromMs: atMs, severity: severity || 'warning', features, why });
    else if (state === 'FIRING' && open && severity === 'critical') open.severity = severity;
    else if (state !== 'FIRING' && open) open.toMs = atMs;
  }
  return { looks, pages };
}
