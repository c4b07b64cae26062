import { create } from '@bufbuild/protobuf';
import { describe, expect, it } from '@jest/globals';
import { EvaluationSchema } from '@vinaigrette/contracts/registry';
import { parseDocument } from '@vinaigrette/documents';
import type { Signature } from '@vinaigrette/signature';
import { judgePromotion, type VersionEvidence } from './judge-promotion.js';

const NOW_MS = 1_800_000_000_000;
const DAY_MS = 86_400_000;
const policy = (body: object) => parseDocument('promotion-policy', { proofs: [], breakingChange: 'allow', ...body });
const signature: Signature = {
  inputs: [{ name: 'x', datatype: 'FP32', shape: [-1, 1] }],
  outputs: [{ name: 'y', datatype: 'FP32', shape: [-1, 1] }],
  logged: [],
};
const other = { ...signature, outputs: [{ name: 'z', datatype: 'FP32' as const, shape: [-1, 1] }] };

const evidence = (
  version: number,
  metrics: Record<string, number>,
  more: Partial<VersionEvidence> & { segments?: Record<string, number>; rows?: number; daysOld?: number } = {},
): VersionEvidence => {
  const { segments = {}, rows = 1_000, daysOld = 1, ...rest } = more;
  const evaluation = create(EvaluationSchema, {
    validationSet: 'june',
    metrics,
    dataUntilMs: BigInt(NOW_MS - daysOld * DAY_MS),
    segments: Object.entries(segments).map(([segment, recall]) => ({
      segment,
      rows: BigInt(rows),
      metrics: { recall },
    })),
  });
  const known = { signature, proofs: ['golden' as const], sizeBytes: 1_000, registeredBy: 'ana', approvers: [] };
  return { version, evaluations: [evaluation], ...known, ...rest };
};

const recall = { metric: 'recall', validationSet: 'june' };
const tie = { metrics: [recall], cost: { metric: 'ms', validationSet: 'june' } };
const perSegment = { metrics: [{ ...recall, segments: { lossMax: 0.01, rowsMin: 100 } }] };
const limit = { limits: [{ metric: 'ms', validationSet: 'june', atMost: 20 }] };
const incident = { cases: [{ id: 'sold-out', incident: 'it showed what was sold out', ...recall, atLeast: 1 }] };

describe('judgePromotion()', () => {
  it.each([
    {
      what: 'a gain',
      body: { metrics: [{ ...recall, gainMin: 0.1 }] },
      ours: evidence(2, { recall: 0.75 }),
      theirs: evidence(1, { recall: 0.5 }),
      passed: [true],
    },
    {
      what: 'too small a gain',
      body: { metrics: [{ ...recall, gainMin: 0.1 }] },
      ours: evidence(2, { recall: 0.5625 }),
      theirs: evidence(1, { recall: 0.5 }),
      passed: [false],
    },
    {
      what: 'a lower error',
      body: { metrics: [{ ...recall, better: 'lower', gainMin: 0.1 }] },
      ours: evidence(2, { recall: 0.25 }),
      theirs: evidence(1, { recall: 0.5 }),
      passed: [true],
    },
    {
      what: 'a tie that is cheaper',
      body: tie,
      ours: evidence(2, { recall: 0.5, ms: 1 }),
      theirs: evidence(1, { recall: 0.5, ms: 2 }),
      passed: [true, true],
    },
    {
      what: 'a tie that costs the same',
      body: tie,
      ours: evidence(2, { recall: 0.5, ms: 2 }),
      theirs: evidence(1, { recall: 0.5, ms: 2 }),
      passed: [true, false],
    },
    {
      what: 'a gain that is dearer',
      body: tie,
      ours: evidence(2, { recall: 0.75, ms: 9 }),
      theirs: evidence(1, { recall: 0.5, ms: 2 }),
      passed: [true],
    },
    {
      what: 'a first version',
      body: { metrics: [recall] },
      ours: evidence(1, { recall: 0.5 }),
      theirs: undefined,
      passed: [true],
    },
    {
      what: 'no evidence',
      body: { metrics: [recall] },
      ours: evidence(2, {}),
      theirs: evidence(1, { recall: 0.5 }),
      passed: [false],
    },
    {
      what: 'a holder without evidence',
      body: { metrics: [recall] },
      ours: evidence(2, { recall: 0.5 }),
      theirs: evidence(1, {}),
      passed: [false],
    },
    {
      what: 'every segment kept',
      body: perSegment,
      ours: evidence(2, { recall: 0.75 }, { segments: { 'market=de': 0.5 } }),
      theirs: evidence(1, { recall: 0.5 }, { segments: { 'market=de': 0.5 } }),
      passed: [true, true],
    },
    {
      what: 'a segment that loses',
      body: perSegment,
      ours: evidence(2, { recall: 0.75 }, { segments: { 'market=de': 0.25 } }),
      theirs: evidence(1, { recall: 0.5 }, { segments: { 'market=de': 0.5 } }),
      passed: [true, false],
    },
    {
      what: 'a segment left out',
      body: perSegment,
      ours: evidence(2, { recall: 0.75 }),
      theirs: evidence(1, { recall: 0.5 }, { segments: { 'market=de': 0.5 } }),
      passed: [true, false],
    },
    {
      what: 'a small segment that loses',
      body: perSegment,
      ours: evidence(2, { recall: 0.75 }),
      theirs: evidence(1, { recall: 0.5 }, { segments: { 'market=at': 0.5 }, rows: 99 }),
      passed: [true, true],
    },
    { what: 'a limit kept', body: limit, ours: evidence(2, { ms: 20 }), theirs: undefined, passed: [true] },
    { what: 'a limit crossed', body: limit, ours: evidence(2, { ms: 20.5 }), theirs: undefined, passed: [false] },
    {
      what: 'an incident met again',
      body: incident,
      ours: evidence(2, { recall: 0.5 }),
      theirs: undefined,
      passed: [false],
    },
    {
      what: 'an incident not met again',
      body: incident,
      ours: evidence(2, { recall: 1 }),
      theirs: undefined,
      passed: [true],
    },
    {
      what: 'too large a version',
      body: { sizeBytesMax: 999 },
      ours: evidence(2, {}),
      theirs: undefined,
      passed: [false],
    },
    {
      what: 'old rows',
      body: { ...limit, freshnessDaysMax: 30 },
      ours: evidence(2, { ms: 1 }, { daysOld: 31 }),
      theirs: undefined,
      passed: [true, false],
    },
    {
      what: 'fresh rows',
      body: { ...limit, freshnessDaysMax: 30 },
      ours: evidence(2, { ms: 1 }, { daysOld: 29 }),
      theirs: undefined,
      passed: [true, true],
    },
    {
      what: 'nobody else standing up',
      body: { approvals: 1 },
      ours: evidence(2, {}, { approvers: ['ana'] }),
      theirs: undefined,
      passed: [false],
    },
    {
      what: 'one standing up twice',
      body: { approvals: 2 },
      ours: evidence(2, {}, { approvers: ['bob', 'bob'] }),
      theirs: undefined,
      passed: [false],
    },
    {
      what: 'two standing up',
      body: { approvals: 2 },
      ours: evidence(2, {}, { approvers: ['bob', 'cy'] }),
      theirs: undefined,
      passed: [true],
    },
    {
      what: 'no golden answers and no baseline',
      body: { proofs: ['golden', 'baseline'] },
      ours: evidence(2, {}),
      theirs: undefined,
      passed: [true, false],
    },
    {
      what: 'callers left behind',
      body: { breakingChange: 'refuse' },
      ours: evidence(2, {}, { signature: other }),
      theirs: evidence(1, {}),
      passed: [false],
    },
    {
      what: 'callers that notice nothing',
      body: { breakingChange: 'refuse' },
      ours: evidence(2, {}),
      theirs: evidence(1, {}),
      passed: [true],
    },
    { what: 'an empty policy', body: {}, ours: evidence(2, {}), theirs: undefined, passed: [] },
  ])('of $what: $passed', ({ body, ours, theirs, passed }) => {
    expect(
      judgePromotion(policy(body), ours, theirs, { nowMs: NOW_MS, feedbackLoop: undefined }).map((gate) => gate.passed),
    ).toEqual(passed);
  });

  it.each([
    { what: 'enough', agreement: 0.9, feedbackLoop: false, passed: true, why: '0.9 of 0.9 to 1' },
    { what: 'too little', agreement: 0.5, feedbackLoop: false, passed: false, why: '0.5 of 0.9 to 1' },
    {
      what: 'too little where what is shown decides what is bought',
      agreement: 0.5,
      feedbackLoop: true,
      passed: true,
      why: 'advisory, since shop has a feedback loop: 0.5 of 0.9 to 1',
    },
    { what: 'one that nobody measured', agreement: undefined, feedbackLoop: false, passed: false, why: 'not known' },
    { what: 'one for no use case', agreement: 1, feedbackLoop: undefined, passed: false, why: 'no use case shop' },
  ])('of a shadow agreement, $what: $passed', ({ agreement, feedbackLoop, passed, why }) => {
    const body = { shadowAgreement: { useCase: 'shop', validationSet: 'june', atLeast: 0.9 } };
    const ours = evidence(2, agreement === undefined ? {} : { agreement });
    expect(judgePromotion(policy(body), ours, evidence(1, {}), { nowMs: NOW_MS, feedbackLoop })).toEqual([
      { gate: 'shadow agreement', passed, why: expect.stringContaining(why) },
    ]);
  });

  it('tells the numbers behind it', () => {
    const gates = judgePromotion(
      policy(perSegment),
      evidence(2, { recall: 0.75 }),
      evidence(1, { recall: 0.5 }, { segments: { 'market=de': 0.5 } }),
      { nowMs: NOW_MS, feedbackLoop: undefined },
    );
    expect(gates.map(({ gate, why }) => `${gate}: ${why}`)).toEqual([
      'metric recall on june: 0.75 against 0.5 of version 1: a gain of 0.25, at least 0 is wanted',
      'metric recall on june: segments: market=de not evaluated against 0.5',
    ]);
  });
});
