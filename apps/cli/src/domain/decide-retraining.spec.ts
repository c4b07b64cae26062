import { describe, expect, it } from '@jest/globals';
import { parseDocument } from '@vinaigrette/documents';
import { decideRetraining, type RetrainingFacts, type RetrainingMemory } from './decide-retraining.js';

const DAY_MS = 86_400_000;
const policy = parseDocument('retraining', { model: 'basket', retrainEveryMs: 28 * DAY_MS, cooldownMs: DAY_MS });
const fresh: RetrainingMemory = { answeredPages: [], trained: 0, failures: 0 };
const page = { id: 'p1', name: 'FeatureDrift', version: 3, summary: 'basket 3 drifts' };
/** A month of labels, and nothing else. */
const facts: RetrainingFacts = {
  nowMs: 1_000 * DAY_MS,
  pages: [],
  champion: 3,
  labelled: { oldestMs: 0, newestMs: 30 * DAY_MS, inWindow: 500 },
  onTrial: false,
};
const few = { oldestMs: 0, newestMs: 10 * DAY_MS, inWindow: 500 };

describe('decideRetraining()', () => {
  it.each<{ what: string; memory?: Partial<RetrainingMemory>; seen?: Partial<RetrainingFacts>; why: string }>([
    { what: 'a month of new labels', why: '30.0 days of new labels' },
    { what: 'a page', seen: { labelled: few, pages: [page] }, why: 'basket 3 drifts' },
    { what: 'somebody', seen: { labelled: few, byHand: 'it looks odd' }, why: 'it looks odd' },
    {
      what: 'somebody, right after another',
      memory: { attemptedAtMs: 1_000 * DAY_MS - 1 },
      seen: { byHand: 'again' },
      why: 'again',
    },
    {
      what: 'a month since the last',
      memory: { dataUntilMs: 2 * DAY_MS, attemptedAtMs: 999 * DAY_MS },
      why: '28.0 days of new labels',
    },
    {
      what: 'a page, after a failure',
      memory: { failures: 1, attemptedAtMs: 999 * DAY_MS },
      seen: { labelled: few, pages: [page] },
      why: 'basket 3 drifts',
    },
  ])('trains for $what', ({ memory, seen, why }) => {
    expect(decideRetraining(policy, { ...fresh, ...memory }, { ...facts, ...seen })).toMatchObject({
      train: true,
      why,
    });
  });

  it.each<{ what: string; memory?: Partial<RetrainingMemory>; seen?: Partial<RetrainingFacts>; why: string }>([
    { what: 'ten days of labels', seen: { labelled: few }, why: 'nothing asks for it' },
    {
      what: 'a page that was answered',
      memory: { answeredPages: ['p1'] },
      seen: { labelled: few, pages: [page] },
      why: 'nothing asks',
    },
    {
      what: 'a page about a version that went',
      seen: { labelled: few, pages: [{ ...page, version: 2 }] },
      why: 'nothing asks',
    },
    {
      what: 'a page of another kind',
      seen: { labelled: few, pages: [{ ...page, name: 'NoData' }] },
      why: 'nothing asks',
    },
    { what: 'a page, and no label', seen: { labelled: undefined, pages: [page] }, why: 'no prediction has a label' },
    {
      what: 'nothing new, also by hand',
      memory: { dataUntilMs: 30 * DAY_MS },
      seen: { byHand: 'now' },
      why: 'no label that',
    },
    {
      what: 'too few labels',
      seen: { labelled: { oldestMs: 0, newestMs: 30 * DAY_MS, inWindow: 499 } },
      why: '499 labels',
    },
    { what: 'a version on trial', seen: { onTrial: true }, why: 'on trial' },
    { what: 'a training an hour ago', memory: { attemptedAtMs: 999.5 * DAY_MS }, why: 'too short a time' },
  ])('waits at $what', ({ memory, seen, why }) => {
    expect(decideRetraining(policy, { ...fresh, ...memory }, { ...facts, ...seen })).toEqual({
      train: false,
      why: expect.stringContaining(why),
    });
  });
});
