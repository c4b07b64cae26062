import { describe, expect, it } from '@jest/globals';
import { parseDocument } from '@vinaigrette/documents';
import { buildBaseline, countRow, encodeCounters, gridOf, noCounters } from '@vinaigrette/drift';
import type { PaneRow } from '../panes.js';
import { defaultPolicy } from './judge-window.js';
import { PANE_MS, windows } from './pane.js';
import { rejudge } from './rejudge.js';
import { noStatuses } from './tally.js';

const rows = (count: number, by: number) => Array.from({ length: count }, (_, i) => ({ x: [(i % 100) + by] }));
const grid = gridOf(
  buildBaseline([{ name: 'x', kind: 'numeric', from: { kind: 'value', tensor: 'x' } }], rows(10_000, 0)),
);
/** A pane of 200 predictions, moved by so much. */
const pane = (index: number, by: number): PaneRow => {
  const counters = noCounters(grid);
  for (const row of rows(200, by)) countRow(grid, row, counters);
  const statuses = { ...noStatuses(), answered: 200 };
  return { paneMs: index * PANE_MS, variant: 'champion', segment: '', statuses, encoded: encodeCounters(counters) };
};
const hour = windows['1h'] / PANE_MS;
/** Six quiet hours, two that are moved, and quiet again for two days: the day's window forgets. */
const stream = Array.from({ length: 56 * hour }, (_, i) => pane(i, i >= 6 * hour && i < 8 * hour ? 60 : 0));
const range = { fromMs: 0, toMs: stream.length * PANE_MS };

describe('rejudge()', () => {
  it('sends one page for one drift, and resolves it when both windows have forgotten', () => {
    const { looks, pages } = rejudge({ grid }, stream, range, defaultPolicy);
    expect(looks).toBe(stream.length);
    expect(pages).toHaveLength(1);
    const [{ fromMs, toMs, severity, features }] = pages as [(typeof pages)[number]];
    expect({ severity, features }).toEqual({ severity: 'critical', features: ['x'] });
    expect(fromMs).toBeGreaterThan(6 * windows['1h']);
    expect(fromMs).toBeLessThanOrEqual(7 * windows['1h']);
    expect(toMs).toBeGreaterThan(8 * windows['1h']);
  });

  it.each([
    {
      what: 'a floor nothing reaches',
      policy: { psi: { warning: 50, critical: 60 }, ks: { warning: 0.9, critical: 1 } },
    },
    { what: 'a feature that is ignored', policy: { features: { x: { ignore: true } } } },
    { what: 'more looks than the drift lasted', policy: { fire: { drifted: 288, of: 288 } } },
  ])('sends none with $what', ({ policy }) => {
    expect(rejudge({ grid }, stream, range, parseDocument('drift-policy', policy)).pages).toEqual([]);
  });
});
