import { describe, expect, it } from '@jest/globals';
import { drawSide, type Trial } from '@vinaigrette/serving';
import { MISMATCH_CHI_SQUARE, SampleRatio } from './sample-ratio.js';

const trial: Trial = {
  id: 'r',
  kind: 'canary',
  variant: 'canary',
  shareBps: 2_500,
  segmentBps: new Map(),
  salt: 'salt',
  step: 0,
  candidate: undefined,
};

/** The statistic after so many customers of whom the candidate loses every `n`th. */
function chiSquare(customers: number, losesEvery: number): number {
  const ratio = new SampleRatio();
  for (let at = 0; at < customers; at++) {
    const { side } = drawSide(trial, `c-${at}`, []);
    const lost = side === 'candidate' && at % losesEvery === 0;
    if (side !== 'outside' && !lost) ratio.add(`c-${at}`, side === 'candidate', 0.5);
  }
  return ratio.chiSquare();
}

describe('SampleRatio', () => {
  it('finds nothing in what was drawn', () => {
    expect(chiSquare(20_000, Infinity)).toBeLessThan(MISMATCH_CHI_SQUARE / 2);
  });

  it('finds a candidate that loses every fifth of its units', () => {
    expect(chiSquare(20_000, 5)).toBeGreaterThan(MISMATCH_CHI_SQUARE);
  });

  it('counts a unit once, however often it comes', () => {
    const ratio = new SampleRatio();
    for (let at = 0; at < 1_000; at++) ratio.add('the same', true, 0.5);
    expect(ratio.chiSquare()).toBeCloseTo(1);
  });
});
