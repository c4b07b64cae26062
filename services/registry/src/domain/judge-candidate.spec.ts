import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { SideCounts } from './count-rollout.js';
import { FALSE_ALARM_MAX, judgeCandidate } from './judge-candidate.js';

const side = (requests: number, more: Partial<SideCounts> = {}): SideCounts => ({
  requests,
  errors: 0,
  fallbacks: 0,
  slow: 0,
  successes: 0,
  ...more,
});

/** A seeded generator of numbers in [0, 1): Mulberry32. */
function chanceOf(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Asks at every failure until `requestsMax` or a fault; answers with the requests it took, undefined: no fault. */
function lookAlways(
  chance: () => number,
  rates: { candidate: number; control: number; candidateShare?: number },
  requestsMax: number,
): number | undefined {
  const [candidate, control] = [side(0), side(0)];
  for (let requests = 1; requests <= requestsMax; requests++) {
    const one = chance() < (rates.candidateShare ?? 0.5) ? candidate : control;
    one.requests += 1;
    if (chance() >= (one === candidate ? rates.candidate : rates.control)) continue;
    one.errors += 1;
    if (judgeCandidate(candidate, control)) return requests;
  }
  return undefined;
}

describe('judgeCandidate()', () => {
  it.each([
    { what: 'nothing', candidate: side(0), control: side(0), rate: undefined },
    { what: 'a candidate that fails always', candidate: side(20, { errors: 20 }), control: side(20), rate: 'errors' },
    { what: 'it too early', candidate: side(19, { errors: 19 }), control: side(19), rate: undefined },
    {
      what: 'both failing always',
      candidate: side(50, { errors: 50 }),
      control: side(50, { errors: 50 }),
      rate: undefined,
    },
    { what: 'a control that fails', candidate: side(500), control: side(500, { errors: 500 }), rate: undefined },
    { what: 'no control at all', candidate: side(500, { errors: 500 }), control: side(0), rate: undefined },
    {
      what: 'fallbacks',
      candidate: side(100, { fallbacks: 40 }),
      control: side(100, { fallbacks: 5 }),
      rate: 'fallbacks',
    },
    { what: 'slowness', candidate: side(100, { slow: 60 }), control: side(100, { slow: 10 }), rate: 'slow' },
    {
      what: 'what is sure and too small to matter',
      candidate: side(1_000_000, { errors: 2_000 }),
      control: side(1_000_000, { errors: 1_000 }),
      rate: undefined,
    },
    {
      what: 'fewer requests of the candidate, failing as often',
      candidate: side(1_000, { errors: 10 }),
      control: side(99_000, { errors: 990 }),
      rate: undefined,
    },
  ])('of $what: $rate', ({ candidate, control, rate }) => {
    expect(judgeCandidate(candidate, control)?.rate).toBe(rate);
  });

  // By hand: q(r) = r/(r + 1) of equal sides; the mean of (2 q(r))^30 over 1.25, 1.5, 2, 3, 5, 10, 100.
  it('tells how sure it is', () => {
    const fault = judgeCandidate(side(100, { errors: 30 }), side(100));
    const evidence = [1.25, 1.5, 2, 3, 5, 10, 100].reduce((sum, r) => sum + ((2 * r) / (r + 1)) ** 30, 0) / 7;
    expect(fault).toMatchObject({ rate: 'errors', candidate: 0.3, control: 0 });
    expect(fault?.logEvidence).toBeCloseTo(Math.log(evidence), 10);
  });

  it('never blames a candidate that fails no more often', () => {
    const count = fc.integer({ min: 0, max: 100_000 });
    fc.assert(
      fc.property(count, count, count, (requests, one, other) => {
        const [fewer, more] = [Math.min(one, other, requests), Math.min(Math.max(one, other), requests)];
        expect(judgeCandidate(side(requests, { errors: fewer }), side(requests, { errors: more }))).toBeUndefined();
      }),
    );
  });

  // Harmless rollouts, looked at whenever evidence could grow: at most 1 in 300 may be called bad by one rate alone.
  it.each([
    { rate: 0.2, candidateShare: 0.5 },
    { rate: 0.05, candidateShare: 0.5 },
    { rate: 0.05, candidateShare: 0.1 },
  ])('keeps its promise on false alarms at a rate of $rate, however often asked', ({ rate, candidateShare }) => {
    const chance = chanceOf(7);
    let alarms = 0;
    for (let run = 0; run < 300; run++) {
      if (lookAlways(chance, { candidate: rate, control: rate, candidateShare }, 1_000) !== undefined) alarms += 1;
    }
    expect(alarms / 300).toBeLessThanOrEqual(FALSE_ALARM_MAX);
  });

  it.each([
    { candidate: 1, control: 0, within: 80 },
    { candidate: 0.5, control: 0.01, within: 200 },
    { candidate: 0.1, control: 0.01, within: 1_000 },
    { candidate: 0.03, control: 0.01, within: 6_000 },
  ])('finds $candidate against $control within $within requests', ({ within, ...rates }) => {
    const chance = chanceOf(11);
    for (let run = 0; run < 20; run++) expect(lookAlways(chance, rates, within)).toBeDefined();
  });
});
