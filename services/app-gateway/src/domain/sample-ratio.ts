import { murmur3 } from '@vinaigrette/serving';

/** Most different units remembered for one trial; the ratio of the first ones tells as much. */
const UNITS_MAX = 50_000;

/**
 * From this chi-square on, with one degree of freedom, the sides are not what was drawn: p below 1e-6, so low because it
 * is looked at all the time. Fabijan et al., Diagnosing Sample Ratio Mismatch, KDD 2019.
 */
export const MISMATCH_CHI_SQUARE = 23.93;

/**
 * Whether the units that got what was drawn for them come in the ratio of the draw. They do not when one side loses
 * units on the way, and then its other numbers cannot be compared.
 */
export class SampleRatio {
  private readonly units = new Set<number>();
  private candidates = 0;
  private expected = 0;

  /** `candidateShare`: of the units of this share that were eligible, those that should be candidates, 0..1. */
  add(unit: string, isCandidate: boolean, candidateShare: number): void {
    const hash = murmur3(unit);
    if (this.units.size >= UNITS_MAX || this.units.has(hash)) return;
    this.units.add(hash);
    this.candidates += Number(isCandidate);
    this.expected += candidateShare;
  }

  /** Pearson's statistic of candidates and controls against the draw; 0 while there is only one side to expect. */
  chiSquare(): number {
    const controls = this.units.size - this.expected;
    if (this.expected <= 0 || controls <= 0) return 0;
    const difference = this.candidates - this.expected;
    return difference ** 2 / this.expected + difference ** 2 / controls;
  }
}
