import { create } from '@bufbuild/protobuf';
import { describe, expect, it } from '@jest/globals';
import { AliasChangeSchema, RolloutSchema, RolloutState } from '@vinaigrette/contracts/registry';
import { combinationDifference, momentMs } from './combination.js';

const { RUNNING, ABORTED } = RolloutState;

describe('momentMs()', () => {
  it.each([
    ['2026-07-01T12:00:00Z', Date.UTC(2026, 6, 1, 12)],
    ['017f22e2-79b0-7cc3-98c4-dc0c0c07398f', 0x017f22e279b0], // the example of RFC 9562
    ['yesterday', undefined],
    ['017f22e2-79b0-4cc3-98c4-dc0c0c07398f', undefined], // version 4 holds no time
  ])('of %s is %p', (text, ms) => {
    expect(momentMs(text)).toBe(ms);
  });
});

describe('combinationDifference()', () => {
  const change = (subject: string, to: number, changedAtMs: bigint, alias = 'champion') => {
    const [kind, name] = subject.split('/') as [string, string];
    return create(AliasChangeSchema, { subject: { kind, name }, alias, to, changedAtMs });
  };
  const rollout = (id: string, now: RolloutState, changes: [RolloutState, number, bigint][]) =>
    create(RolloutSchema, {
      id,
      state: now,
      stepsBps: [100, 5_000, 10_000],
      changes: changes.map(([state, step, changedAtMs]) => ({ state, step, changedAtMs })),
    });

  it('names what stood elsewhere then, rules first, and leaves alone what came since', () => {
    const changes = [
      change('model/basket', 2, 200n),
      change('model/basket', 1, 100n),
      change('use-case/shop', 0, 300n),
      change('use-case/shop', 1, 100n),
      change('rule-set/shop', 4, 151n),
      change('rule-set/shop', 3, 150n),
      change('model/new', 1, 200n),
      change('model/same', 1, 100n),
    ];
    expect(combinationDifference(changes, [], 150).aliases).toEqual([
      { subject: { kind: 'rule-set', name: 'shop' }, alias: 'champion', now: 4, then: 3 },
      { subject: { kind: 'model', name: 'basket' }, alias: 'champion', now: 2, then: 1 },
      { subject: { kind: 'use-case', name: 'shop' }, alias: 'champion', now: 0, then: 1 },
    ]);
  });

  it.each([
    { what: 'two moves in one ms', changes: [change('model/a', 3, 100n), change('model/a', 2, 100n)], then: 3 },
    {
      what: 'a clock that was set back between them',
      changes: [change('model/a', 3, 50n), change('model/a', 2, 100n), change('model/a', 1, 40n)],
      then: 3,
    },
  ])('goes by the order of the moves: $what', ({ changes, then }) => {
    const since = change('model/a', 9, 200n);
    expect(combinationDifference([since, ...changes], [], 120).aliases).toMatchObject([{ now: 9, then }]);
    const stands = combinationDifference(changes, [], 120).aliases;
    expect(stands).toEqual([]); // what was moved last is in force, whatever its time
  });

  it('aborts what is on trial only now, and starts again what was on trial then, at its share', () => {
    const since = rollout('since', RUNNING, [[RUNNING, 0, 200n]]);
    const before = rollout('before', ABORTED, [
      [RUNNING, 0, 100n],
      [RUNNING, 1, 140n],
      [ABORTED, 1, 160n],
    ]);
    const both = rollout('both', RUNNING, [[RUNNING, 0, 100n]]);
    const over = rollout('over', ABORTED, [
      [RUNNING, 0, 100n],
      [ABORTED, 0, 120n],
    ]);
    const { abort, start } = combinationDifference([], [since, before, both, over], 150);
    expect(abort.map(({ id }) => id)).toEqual(['since']);
    expect(start.map(({ id, stepsBps }) => [id, stepsBps])).toEqual([['before', [5_000, 10_000]]]);
  });
});
