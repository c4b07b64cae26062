import { create, type MessageInitShape } from '@bufbuild/protobuf';
import { describe, expect, it } from '@jest/globals';
import {
  RolloutChangeSchema,
  RolloutKind,
  RolloutMove,
  RolloutSchema,
  RolloutState,
  Verdict,
  type Rollout,
} from '@vinaigrette/contracts/registry';
import fc from 'fast-check';
import { NOTHING_COUNTED, type StepCounts } from './count-rollout.js';
import {
  decideByCounts,
  decideEnd,
  decideMove,
  decideStep,
  heedVerdict,
  isActive,
  type RolloutDecision,
} from './move-rollout.js';

const { RUNNING, PAUSED, COMPLETED, ABORTED } = RolloutState;
const { PAUSE, RESUME, ADVANCE, COMPLETE, ABORT } = RolloutMove;
const { GOOD, HOLD, BAD } = Verdict;
type Definition = Exclude<MessageInitShape<typeof RolloutSchema>, Rollout>;
const by = { actor: 'ana', reason: 'because' };

const rollout = (state: RolloutState, step = 0, more: Definition = {}): Rollout =>
  create(RolloutSchema, {
    id: 'r',
    kind: RolloutKind.CANARY,
    candidate: 2,
    control: 1,
    stepsBps: [100, 5_000, 10_000],
    stepMs: 60_000n,
    samplesMin: 100,
    stepSinceMs: 1_000_000n,
    state,
    step,
    ...more,
  });

describe('decideMove()', () => {
  it.each([
    { from: RUNNING, move: PAUSE, to: PAUSED, step: 1 },
    { from: PAUSED, move: RESUME, to: RUNNING, step: 1 },
    { from: RUNNING, move: ADVANCE, to: RUNNING, step: 2 },
    { from: RUNNING, move: COMPLETE, to: COMPLETED, step: 1 },
    { from: PAUSED, move: COMPLETE, to: COMPLETED, step: 1 },
    { from: RUNNING, move: ABORT, to: ABORTED, step: 1 },
    { from: PAUSED, move: ABORT, to: ABORTED, step: 1 },
  ])('at the second step, of state $from by $move makes $to', ({ from, move, to, step }) => {
    expect(decideMove(rollout(from, 1), move, by)).toMatchObject({ state: to, step, ...by });
  });

  it('completes beyond the last step', () => {
    expect(decideMove(rollout(RUNNING, 2), ADVANCE, by)).toMatchObject({ state: COMPLETED, step: 2 });
  });

  it.each([
    { state: PAUSED, move: PAUSE },
    { state: RUNNING, move: RESUME },
    { state: COMPLETED, move: COMPLETE },
    { state: ABORTED, move: ABORT },
  ])('has nothing to do for $move in state $state', ({ state, move }) => {
    expect(decideMove(rollout(state), move, by)).toBeUndefined();
  });

  it.each([ADVANCE, COMPLETE])('gives no alias to a shadow by %s', (move) => {
    const shadow = rollout(RUNNING, 0, { kind: RolloutKind.SHADOW, stepsBps: [10_000] });
    expect(() => decideMove(shadow, move, by)).toThrow(expect.objectContaining({ code: 'BODY_INVALID' }));
    expect(decideMove(shadow, ABORT, by)).toMatchObject({ state: ABORTED });
  });

  it.each([
    { state: COMPLETED, move: ABORT, code: 'ROLLOUT_ENDED' },
    { state: ABORTED, move: COMPLETE, code: 'ROLLOUT_ENDED' },
    { state: ABORTED, move: RESUME, code: 'ROLLOUT_ENDED' },
    { state: COMPLETED, move: ADVANCE, code: 'ROLLOUT_ENDED' },
    { state: PAUSED, move: ADVANCE, code: 'ROLLOUT_PAUSED' },
    { state: RUNNING, move: RolloutMove.UNSPECIFIED, code: 'BODY_INVALID' },
  ])('refuses $move in state $state: $code', ({ state, move, code }) => {
    expect(() => decideMove(rollout(state), move, by)).toThrow(expect.objectContaining({ code, field: 'move' }));
  });
});

describe('heedVerdict()', () => {
  const report = (verdict: Verdict, source = 'drift-monitor') => ({
    verdict,
    source,
    why: 'PSI 0.4',
    evidenceJson: '{}',
  });
  const said = (verdict: Verdict, step = 0, actor = 'drift-monitor') =>
    create(RolloutChangeSchema, { verdict, step, actor, state: RUNNING });

  it.each([
    { verdict: BAD, state: RUNNING, to: ABORTED },
    { verdict: BAD, state: PAUSED, to: ABORTED },
    { verdict: HOLD, state: RUNNING, to: PAUSED },
    { verdict: HOLD, state: PAUSED, to: PAUSED },
    { verdict: GOOD, state: RUNNING, to: RUNNING },
    { verdict: GOOD, state: PAUSED, to: PAUSED },
  ])('makes $to of state $state when it hears $verdict, and keeps why', ({ verdict, state, to }) => {
    expect(heedVerdict(rollout(state), report(verdict))).toEqual({
      state: to,
      step: 0,
      verdict,
      actor: 'drift-monitor',
      reason: 'PSI 0.4',
      evidenceJson: '{}',
    });
  });

  it.each([
    { what: 'after the end', of: rollout(ABORTED), report: report(BAD) },
    { what: 'that says the same again', of: rollout(RUNNING, 0, { changes: [said(GOOD)] }), report: report(GOOD) },
    { what: 'that was overruled by hand', of: rollout(RUNNING, 0, { changes: [said(HOLD)] }), report: report(HOLD) },
  ])('does nothing on a verdict $what', ({ of, report }) => {
    expect(heedVerdict(of, report)).toBeUndefined();
  });

  it.each([
    { what: 'another step', changes: [said(HOLD, 0)], step: 1, source: 'drift-monitor' },
    { what: 'another source', changes: [said(HOLD, 1)], step: 1, source: 'gateway-1' },
    { what: 'a change of mind', changes: [said(HOLD, 1), said(GOOD, 1)], step: 1, source: 'drift-monitor' },
  ])('pauses again at $what', ({ changes, step, source }) => {
    expect(heedVerdict(rollout(RUNNING, step, { changes }), report(HOLD, source))).toMatchObject({ state: PAUSED });
  });
});

describe('decideStep()', () => {
  it.each([
    { what: 'time and samples', nowMs: 1_060_000, samples: 100, step: 0, to: { state: RUNNING, step: 1 } },
    { what: 'time and samples at the last step', nowMs: 1_060_000, samples: 100, step: 2, to: { state: COMPLETED } },
    { what: 'time alone', nowMs: 9_000_000, samples: 99, step: 0, to: undefined },
    { what: 'samples alone', nowMs: 1_059_999, samples: 1_000, step: 0, to: undefined },
    { what: 'a clock that went back', nowMs: 0, samples: 1_000, step: 0, to: undefined },
  ])('for $what: $to', ({ nowMs, samples, step, to }) => {
    const decision = decideStep(rollout(RUNNING, step), { nowMs, samples });
    if (to) expect(decision).toMatchObject({ ...to, actor: 'registry' });
    else expect(decision).toBeUndefined();
  });

  it.each([
    { what: 'a pause', of: rollout(PAUSED) },
    { what: 'steps by hand', of: rollout(RUNNING, 0, { stepMs: 0n }) },
    { what: 'an experiment', of: rollout(RUNNING, 0, { kind: RolloutKind.EXPERIMENT, stepsBps: [5_000] }) },
    { what: 'a shadow', of: rollout(RUNNING, 0, { kind: RolloutKind.SHADOW, stepsBps: [5_000] }) },
    { what: 'the end', of: rollout(ABORTED) },
  ])('is never taken in $what', ({ of }) => {
    expect(decideStep(of, { nowMs: 1e12, samples: 1e9 })).toBeUndefined();
  });
});

describe('decideByCounts()', () => {
  const counted = (step: number, candidate: [number, number], control: [number, number]): StepCounts => {
    const side = ([requests, errors]: [number, number]) => ({ ...NOTHING_COUNTED, requests, errors });
    return { step, candidate: side(candidate), control: side(control) };
  };
  it.each([
    { what: 'a broken candidate', step: 0, counts: [counted(0, [50, 40], [50, 1])], bad: true },
    { what: 'a sound one', step: 0, counts: [counted(0, [50, 1], [50, 1])], bad: false },
    { what: 'nothing', step: 0, counts: [], bad: false },
    {
      what: 'what was so at a step before',
      step: 1,
      counts: [counted(0, [50, 40], [50, 1]), counted(1, [50, 0], [50, 1])],
      bad: false,
    },
    {
      what: 'a candidate that breaks where it has no control',
      step: 2,
      counts: [counted(1, [50, 1], [50, 1]), counted(2, [100, 60], [0, 0])],
      bad: true,
    },
  ])('of $what, bad: $bad', ({ step, counts, bad }) => {
    const decision = decideByCounts(rollout(RUNNING, step), counts);
    if (!bad) return expect(decision).toBeUndefined();
    expect(decision).toMatchObject({ state: ABORTED, step, actor: 'registry', verdict: BAD });
    expect(decision?.reason).toMatch(/^errors \d+\.\d %, against 2\.0 % of the control$/);
    expect(JSON.parse(decision?.evidenceJson ?? '')).toMatchObject({ rate: 'errors', step, counts: {} });
  });
});

it.each([
  { what: 'its candidate', holder: 2, to: COMPLETED },
  { what: 'a third version', holder: 3, to: ABORTED },
  { what: 'nobody', holder: 0, to: ABORTED },
])('decideEnd() when the alias goes to $what makes $to', ({ holder, to }) => {
  expect(decideEnd(rollout(PAUSED, 1), holder, by)).toMatchObject({ state: to, step: 1, actor: 'ana' });
});

it('never leaves an end, never steps back, and steps one at a time, whatever happens', () => {
  const event = fc.oneof(
    fc.constantFrom(PAUSE, RESUME, ADVANCE, COMPLETE, ABORT).map((move) => (of: Rollout) => decideMove(of, move, by)),
    fc
      .constantFrom(GOOD, HOLD, BAD)
      .map((verdict) => (of: Rollout) => heedVerdict(of, { verdict, source: 's', why: 'w', evidenceJson: '' })),
    fc.nat(200_000).map((ms) => (of: Rollout) => decideStep(of, { nowMs: 1_000_000 + ms, samples: ms })),
  );
  fc.assert(
    fc.property(fc.array(event, { maxLength: 40 }), (events) => {
      let now = rollout(RUNNING);
      for (const decide of events) {
        let decision: RolloutDecision | undefined;
        try {
          decision = decide(now);
        } catch (error) {
          expect(error).toMatchObject({ code: expect.stringMatching(/^ROLLOUT_(ENDED|PAUSED)$/) });
        }
        if (!decision) continue;
        expect(isActive(now)).toBe(true);
        expect(decision.step - now.step).toBeGreaterThanOrEqual(0);
        expect(decision.step - now.step).toBeLessThanOrEqual(1);
        expect(decision.step).toBeLessThan(now.stepsBps.length);
        const change = create(RolloutChangeSchema, decision);
        now = { ...now, state: decision.state, step: decision.step, changes: [...now.changes, change] };
      }
    }),
  );
});
