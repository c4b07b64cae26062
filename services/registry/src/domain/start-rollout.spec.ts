import { create, type MessageInitShape } from '@bufbuild/protobuf';
import { describe, expect, it } from '@jest/globals';
import { RolloutKind, StartRolloutRequestSchema } from '@vinaigrette/contracts/registry';
import { decideRollout, rolloutWish } from './start-rollout.js';

const { CANARY, EXPERIMENT, SHADOW } = RolloutKind;
const request = (more: Partial<MessageInitShape<typeof StartRolloutRequestSchema>> = {}) =>
  create(StartRolloutRequestSchema, {
    subject: { kind: 'model', name: 'basket' },
    candidate: 2,
    kind: CANARY,
    actor: 'ana',
    reason: 'July sales',
    ...more,
  } as MessageInitShape<typeof StartRolloutRequestSchema>);

describe('rolloutWish()', () => {
  it.each([
    {
      what: 'a canary',
      request: request(),
      wish: { alias: 'champion', variant: 'canary', stepsBps: [100, 500, 2_500, 5_000, 10_000] },
    },
    {
      what: 'a canary that steps by time',
      request: request({ stepMs: 1_000n }),
      wish: { stepMs: 1_000n, samplesMin: 100 },
    },
    { what: 'a shadow', request: request({ kind: SHADOW, stepsBps: [10_000] }), wish: { variant: 'shadow' } },
    {
      what: 'an arm',
      request: request({ kind: EXPERIMENT, variant: 'bold', stepsBps: [5_000], segmentBps: { 'market=de': 0 } }),
      wish: { variant: 'bold', stepsBps: [5_000], segmentBps: { 'market=de': 0 } },
    },
  ])('fills in what $what leaves out', ({ request, wish }) => {
    expect(rolloutWish(request)).toMatchObject(wish);
  });

  it.each([
    { field: 'subject.kind', request: request({ subject: undefined }) },
    { field: 'subject.kind', request: request({ subject: { kind: 'kpi', name: 'basket' } }) },
    { field: 'subject.name', request: request({ subject: { kind: 'model', name: '../x' } }) },
    { field: 'alias', request: request({ alias: '7' }) },
    { field: 'candidate', request: request({ candidate: 0 }) },
    { field: 'kind', request: request({ kind: RolloutKind.UNSPECIFIED }) },
    { field: 'kind', request: request({ kind: SHADOW, stepsBps: [1], subject: { kind: 'use-case', name: 'shop' } }) },
    { field: 'variant', request: request({ kind: EXPERIMENT, stepsBps: [100] }) },
    { field: 'variant', request: request({ variant: 'champion' }) },
    { field: 'stepsBps[1]', request: request({ stepsBps: [500, 500] }) },
    { field: 'stepsBps[0]', request: request({ stepsBps: [0] }) },
    { field: 'stepsBps[0]', request: request({ stepsBps: [10_001] }) },
    { field: 'stepsBps', request: request({ kind: SHADOW }) },
    { field: 'stepsBps', request: request({ kind: SHADOW, stepsBps: [1, 2] }) },
    { field: 'stepsBps', request: request({ stepsBps: Array.from({ length: 101 }, (_, index) => index + 1) }) },
    { field: 'segmentBps', request: request({ segmentBps: { de: 100 } }) },
    { field: 'segmentBps', request: request({ segmentBps: { 'market=de': 10_001 } }) },
    { field: 'stepMs', request: request({ stepMs: -1n }) },
    { field: 'stepMs', request: request({ stepMs: 2n ** 62n }) },
    { field: 'actor', request: request({ actor: '' }) },
    { field: 'reason', request: request({ reason: ' ' }) },
  ])('refuses a bad $field', ({ field, request }) => {
    expect(() => rolloutWish(request)).toThrow(expect.objectContaining({ code: 'BODY_INVALID', field }));
  });
});

describe('decideRollout()', () => {
  const facts = { holder: 1, highest: 3, active: [] };
  const other = (kind: RolloutKind, alias = 'champion') => ({ id: 'other', alias, kind });
  const shadow = { kind: SHADOW, stepsBps: [10_000] };

  it.each([
    { what: 'beside the holder', request: request(), facts },
    { what: 'beside a shadow, as another', request: request(shadow), facts: { ...facts, active: [other(SHADOW)] } },
    { what: 'beside one of another alias', request: request(), facts: { ...facts, active: [other(CANARY, 'beta')] } },
  ])('begins $what', ({ request, facts }) => {
    expect(decideRollout(rolloutWish(request), facts)).toEqual({ control: 1 });
  });

  it.each([
    { what: 'a version there is not', request: request({ candidate: 4 }), facts, code: 'VERSION_NOT_FOUND' },
    { what: 'an unknown model', request: request(), facts: { ...facts, highest: 0 }, code: 'MODEL_NOT_FOUND' },
    { what: 'an alias nobody holds', request: request(), facts: { ...facts, holder: 0 }, code: 'BODY_INVALID' },
    { what: 'the holder itself', request: request({ candidate: 1 }), facts, code: 'BODY_INVALID' },
    {
      what: 'a second canary',
      request: request(),
      facts: { ...facts, active: [other(CANARY)] },
      code: 'ROLLOUT_ACTIVE',
    },
    {
      what: 'a canary beside a shadow',
      request: request(),
      facts: { ...facts, active: [other(SHADOW)] },
      code: 'ROLLOUT_ACTIVE',
    },
  ])('refuses $what: $code', ({ request, facts, code }) => {
    expect(() => decideRollout(rolloutWish(request), facts)).toThrow(expect.objectContaining({ code }));
  });
});
