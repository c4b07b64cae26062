import type { DriftPolicy } from '@vinaigrette/documents';
import type { Alert } from './alerts.js';
import { remember, verdictOf, type AlertMemory } from './domain/alert.js';
import type { Look } from './domain/judge-window.js';
import type { KnownVersion } from './domain/known-version.js';
import { wholeWindow, windowNames, windows, type WindowName } from './domain/pane.js';
import { SlidingWindow } from './domain/sliding-window.js';
import { predictionsIn, type WindowSums } from './domain/window-sums.js';
import type { LookDesk, LookRecord } from './looks.js';
import type { Panes } from './panes.js';

/** Looks that ended longer ago stand as they were issued, whatever comes late. */
const CORRECTED_MS = 2 * windows['24h'];

export interface CorrectedLooks {
  /** The alert as it would stand if everything had come in time. */
  alert: Alert;
  /** How many looks were issued again, and the end of the first. */
  looks: number;
  fromMs: number;
}

/** How the evaluator looks at a window. */
export type LookAt = (sums: WindowSums, window: WindowName, toMs: number) => Promise<Look>;

/**
 * Issues looks again whose windows hold more than when they were judged: counters only grow, so a window that holds as many
 * predictions as it did is the same. What is remembered from look to look is made anew from the first of them on.
 */
export class CorrectLooks {
  constructor(private readonly panes: Panes) {}

  /** undefined: everything came in time. */
  async run(
    desk: LookDesk,
    known: KnownVersion,
    alert: Alert,
    policy: DriftPolicy,
    lookAt: LookAt,
  ): Promise<CorrectedLooks | undefined> {
    const { model, version, grid } = known;
    const issued = (await desk.issued(known, alert.judgedToMs - CORRECTED_MS)).filter(
      ({ toMs }) => toMs <= alert.judgedToMs,
    );
    const fromMs = await this.firstStale(known, issued);
    if (fromMs === undefined) return undefined;
    const again = issued.filter(({ toMs }) => toMs >= fromMs);
    const range = { fromMs: fromMs - windows['24h'], toMs: alert.judgedToMs };
    const rows = await this.panes.rows({ model, version, variant: '' }, range);
    const memory: AlertMemory = { ...alert.memory };
    let looks = 0;
    for (const window of windowNames) {
      const sliding = new SlidingWindow(rows, windows[window], grid?.size ?? 0);
      const mine = again.filter((record) => record.window === window);
      let before = mine[0]?.before;
      for (const record of mine) {
        sliding.moveTo(record.toMs);
        const predictions = predictionsIn(sliding.sums.get(''));
        const isStale = predictions !== record.predictions;
        const look = isStale ? await lookAt(sliding.sums, window, record.toMs) : record.look;
        const revision = record.revision + (isStale ? 1 : 0);
        await desk.issue(known, {
          ...{ window, toMs: record.toMs, revision, predictions, look },
          ...(before ? { before } : {}),
        });
        if (isStale) looks += 1;
        before = remember(before, look, { ...policy.fire, clear: policy.clear });
      }
      if (before) memory[window] = before;
    }
    const stale = alert.verdict.stale;
    const verdict = { ...verdictOf(memory), ...(stale === undefined ? {} : { stale }) };
    return { alert: { ...alert, memory, verdict }, looks, fromMs };
  }

  /** The end of the first look that would see more now. */
  private async firstStale(known: KnownVersion, issued: readonly LookRecord[]): Promise<number | undefined> {
    const [first, last] = [issued[0], issued.at(-1)];
    if (!first || !last) return undefined;
    const range = { fromMs: first.toMs - windows['24h'], toMs: last.toMs };
    const totals = [...(await this.panes.totals(known, range))].sort(([a], [b]) => a - b);
    return issued.find(({ window, toMs, predictions }) => {
      const within = wholeWindow(window, toMs);
      const now = totals.reduce(
        (sum, [paneMs, count]) => (paneMs >= within.fromMs && paneMs < within.toMs ? sum + count : sum),
        0,
      );
      return now !== predictions;
    })?.toMs;
  }
}
