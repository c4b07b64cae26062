import { guardedMeasures, type PerformancePolicy } from '@vinaigrette/documents';
import type { Estimate } from './intervals.js';

export type Guard = NonNullable<PerformancePolicy['guard']>;

/** `broken`: proved worse than promised; `kept`: proved as good; `open`: neither, or too few labels to tell. */
export interface GuardLook {
  kind: 'broken' | 'kept' | 'open';
  why: string;
}

/** One window against its guard: only a whole interval on one side of the floor proves anything. */
export function lookAtGuard(guard: Guard, estimate: Estimate | undefined): GuardLook {
  const { measure, floor, labelledMin } = guard;
  const { n = 0, low = null, high = null } = estimate ?? {};
  if (n < labelledMin || low === null || high === null) {
    return { kind: 'open', why: `${measure}: ${n} of ${labelledMin} labelled predictions` };
  }
  const higherIsBetter = guardedMeasures[measure] === 'higher';
  const interval = `${measure} ${figure(low)} to ${figure(high)} (n ${n})`;
  if (higherIsBetter ? high < floor : low > floor) return { kind: 'broken', why: `${interval}, worse than ${floor}` };
  if (higherIsBetter ? low >= floor : high <= floor) return { kind: 'kept', why: `${interval}, as good as ${floor}` };
  return { kind: 'open', why: `${interval} around ${floor}` };
}

/** Windows broken in a row after one more look; a window that proves nothing neither adds to them nor ends them. */
export function brokenInARow(before: number, { kind }: GuardLook): number {
  if (kind === 'broken') return before + 1;
  return kind === 'kept' ? 0 : before;
}

/** What decides whether a champion is taken back. Times in milliseconds since the epoch. */
export interface RollBackFacts {
  /** Who held the alias before; 0: nobody. */
  previous: number;
  /** Whether that one broke its guard when it was last judged. */
  previousBroken: boolean;
  /** Whether this very version was taken back by the monitor before. */
  takenBackBefore: boolean;
  /** When the monitor last took any version of the model back; undefined: never. */
  lastMs: number | undefined;
  nowMs: number;
}

/** undefined: take it back. Else the sentence that says why not. */
export function whyNotRollBack(guard: Guard, facts: RollBackFacts): string | undefined {
  if (facts.previous === 0) return 'no version held the alias before';
  if (facts.previousBroken) return `version ${facts.previous}, which held the alias before, broke its guard too`;
  if (facts.takenBackBefore) return 'it was taken back once, and somebody wanted it again';
  const { lastMs, nowMs } = facts;
  if (lastMs !== undefined && nowMs - lastMs < guard.cooldownMs) return 'the cooldown since the last time is not over';
  return undefined;
}

const figure = (value: number): string => String(Number(value.toPrecision(4)));
