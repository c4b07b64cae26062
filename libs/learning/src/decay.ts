/** A half-life has so many steps: events of one step weigh the same. */
const STEPS = 64;
/** Weights within a half-life are whole multiples of 1 / GRAIN: sums of them are exact. */
const GRAIN = 256;
const weights = Array.from({ length: STEPS }, (_, step) => Math.round(2 ** (step / STEPS) * GRAIN) / GRAIN);
/** Half-lives of an era. Sums are kept relative to the era of the newest event, or they would overflow. */
const ERA = 256;
/** So many half-lives before the newest event, an event weighs less than a billionth of it. */
const FORGOTTEN_HALF_LIVES = 30;

/**
 * Exponential forgetting by event time: an event weighs half of one that happened a half-life later. The weight hangs
 * on the event's own time and on nothing else, so a decayed sum is a function of the set of events, in whatever order
 * they came. Weights are multiples of 1/256 and powers of two: a double adds them without rounding, while what is
 * summed spans less than 2^45 of the smallest weight - a million events within 25 half-lives. A weight differs by less
 * than 1.3 % from 2^(t / half-life), and by nothing between events of the same step.
 */
export class Decay {
  readonly forgottenMs: number;

  constructor(readonly halfLifeMs: number) {
    if (!(halfLifeMs > 0)) throw new RangeError(`A half-life is longer than nothing, not ${halfLifeMs} ms`);
    this.forgottenMs = FORGOTTEN_HALF_LIVES * halfLifeMs;
  }

  eraOf(atMs: number): number {
    return Math.floor(Math.floor(this.stepOf(atMs) / STEPS) / ERA);
  }

  /** What an event of this time weighs in sums that are kept in the unit of an era. */
  weight(atMs: number, era: number): number {
    const step = this.stepOf(atMs);
    const halfLives = Math.floor(step / STEPS);
    return (weights[step - halfLives * STEPS] as number) * 2 ** (halfLives - era * ERA);
  }

  /** What turns a sum in the unit of one era into that of another; a power of two, so nothing is rounded. */
  factor(fromEra: number, toEra: number): number {
    return 2 ** ((fromEra - toEra) * ERA);
  }

  private stepOf(atMs: number): number {
    return Math.floor((atMs / this.halfLifeMs) * STEPS);
  }
}
