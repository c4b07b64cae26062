import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import {
  idOf,
  lastGood,
  planVersions,
  type HeldVersion,
  type Routes,
  type Version,
  type WantedModel,
} from './plan-versions.js';

const version = (number: number, digest = 'a'): Version => ({ model: 'basket', number, digest });
const held = (number: number, state: HeldVersion['state'], digest = 'a'): HeldVersion => ({
  version: version(number, digest),
  state,
});
const wanting = (champion: number, ...versions: Version[]): WantedModel[] => [
  { name: 'basket', aliases: { champion }, defaultAlias: 'champion', versions },
];
const routed = (names: Record<string, Version>): Routes => new Map([['basket', new Map(Object.entries(names))]]);
const none: Routes = new Map();
const never = { keepMs: 0, versionsMax: 0 };

/** The plan in short: versions as `number@digest`. */
function planned(wanted: WantedModel[], have: HeldVersion[], routes: Routes, warm = never, nowMs = 0) {
  const short = ({ number, digest }: Version) => `${number}@${digest}`;
  const plan = planVersions(wanted, have, routes, warm, nowMs);
  const names = [...(plan.routes.get('basket') ?? [])].map(([name, found]) => [name, short(found)]);
  return { load: plan.load.map(short), retire: plan.retire.map(short), routes: Object.fromEntries(names) };
}

describe('planVersions()', () => {
  const one = routed({ champion: version(1), '': version(1), 1: version(1) });
  const oneEverywhere = { champion: '1@a', '': '1@a', 1: '1@a' };
  it.each([
    {
      case: 'loads what is wanted and not held',
      plan: planned(wanting(1, version(1)), [], none),
      is: { load: ['1@a'], retire: [], routes: {} },
    },
    {
      case: 'waits while a version loads',
      plan: planned(wanting(1, version(1)), [held(1, 'loading')], none),
      is: { load: [], retire: [], routes: {} },
    },
    {
      case: 'sends every name to a version that is ready',
      plan: planned(wanting(1, version(1)), [held(1, 'ready')], none),
      is: { load: [], retire: [], routes: oneEverywhere },
    },
    {
      case: 'lets the old one answer while its successor loads',
      plan: planned(wanting(2, version(2)), [held(1, 'ready')], one),
      is: { load: ['2@a'], retire: [], routes: oneEverywhere },
    },
    {
      case: 'switches when the successor is ready, and retires the old one',
      plan: planned(wanting(2, version(2)), [held(1, 'ready'), held(2, 'ready')], one),
      is: { load: [], retire: ['1@a'], routes: { champion: '2@a', '': '2@a', 2: '2@a' } },
    },
    {
      case: 'lets the old one answer on when its successor is unfit',
      plan: planned(wanting(2, version(2)), [held(1, 'ready'), held(2, 'quarantined')], one),
      is: { load: [], retire: [], routes: oneEverywhere },
    },
    {
      case: 'forgets an unfit version that nobody wants any more',
      plan: planned(wanting(1, version(1)), [held(1, 'ready'), held(2, 'quarantined')], one),
      is: { load: [], retire: ['2@a'], routes: oneEverywhere },
    },
    {
      case: 'loads other files under the same number beside the ones that serve',
      plan: planned(wanting(1, version(1, 'b')), [held(1, 'ready')], one),
      is: { load: ['1@b'], retire: [], routes: oneEverywhere },
    },
    {
      case: 'ends the old files when the new ones are ready',
      plan: planned(wanting(1, version(1, 'b')), [held(1, 'ready'), held(1, 'ready', 'b')], one),
      is: { load: [], retire: ['1@a'], routes: { champion: '1@b', '': '1@b', 1: '1@b' } },
    },
    {
      case: 'retires everything of a model that is not wanted',
      plan: planned([], [held(1, 'ready'), held(2, 'loading')], one),
      is: { load: [], retire: ['1@a', '2@a'], routes: {} },
    },
    {
      case: 'leaves a model without its default alias to numbers and other aliases',
      plan: planned(
        [{ name: 'basket', aliases: { canary: 1 }, defaultAlias: 'champion', versions: [version(1)] }],
        [held(1, 'ready')],
        none,
      ),
      is: { load: [], retire: [], routes: { 1: '1@a', canary: '1@a' } },
    },
    {
      case: 'takes an alias away at once',
      plan: planned(
        [{ name: 'basket', aliases: {}, defaultAlias: 'champion', versions: [version(1)] }],
        [held(1, 'ready')],
        one,
      ),
      is: { load: [], retire: [], routes: { 1: '1@a' } },
    },
  ])('$case', ({ plan, is }) => expect(plan).toEqual(is));

  describe('of versions that nobody wants any more', () => {
    const warm = { keepMs: 100, versionsMax: 2 };
    const resting = (number: number, restingSinceMs: number) => ({ ...held(number, 'ready'), restingSinceMs });
    const rests = (have: HeldVersion[], nowMs: number) => {
      const plan = planVersions(wanting(9, version(9)), [held(9, 'ready'), ...have], none, warm, nowMs);
      const numbers = (versions: Version[]) => versions.map(({ number }) => number);
      return { rest: numbers(plan.rest), retire: numbers(plan.retire), nextChangeMs: plan.nextChangeMs };
    };
    it.each([
      { case: 'one that was ready rests', is: rests([held(1, 'ready')], 50), rest: [1], retire: [], next: 150 },
      {
        case: 'one that was loading goes',
        is: rests([held(1, 'loading')], 50),
        rest: [],
        retire: [1],
        next: undefined,
      },
      { case: 'an unfit one goes', is: rests([held(1, 'quarantined')], 0), rest: [], retire: [1], next: undefined },
      { case: 'one rests on until its time is up', is: rests([resting(1, 10)], 109), rest: [1], retire: [], next: 110 },
      {
        case: 'one goes when its time is up',
        is: rests([resting(1, 10)], 110),
        rest: [],
        retire: [1],
        next: undefined,
      },
      {
        case: 'only the latest few rest',
        is: rests([resting(1, 10), resting(2, 30), resting(3, 20)], 40),
        rest: [2, 3],
        retire: [1],
        next: 120,
      },
    ])('$case', ({ is, rest, retire, next }) => expect(is).toEqual({ rest, retire, nextChangeMs: next }));

    it('is ready at once when it is wanted again', () => {
      const back = planned(wanting(1, version(1)), [held(2, 'ready'), resting(1, 10)], none, warm, 50);
      expect(back).toEqual({ load: [], retire: [], routes: oneEverywhere });
    });
  });

  const anyVersion = fc.record({
    model: fc.constant('basket'),
    number: fc.integer({ min: 1, max: 4 }),
    digest: fc.constantFrom('a', 'b'),
  });
  const anyWanted = fc
    .tuple(
      fc.uniqueArray(anyVersion, { selector: idOf }),
      fc.dictionary(fc.constantFrom('champion', 'canary'), fc.nat(5)),
    )
    .map(([versions, aliases]): WantedModel[] => [{ name: 'basket', aliases, defaultAlias: 'champion', versions }]);
  const anyState = fc.constantFrom<HeldVersion['state']>('loading', 'ready', 'quarantined');

  it('never sends anybody to a version that is not ready, and never takes a name away while something can answer', () =>
    fc.assert(
      fc.property(fc.array(fc.tuple(anyWanted, fc.array(anyState, { minLength: 8, maxLength: 8 }))), (changes) => {
        let have: HeldVersion[] = [];
        let routes: Routes = none;
        for (const [wanted, outcomes] of changes) {
          // What loads comes out somehow; a version that was judged stays so.
          const plan = planVersions(wanted, have, routes, never, 0);
          const retired = new Set(plan.retire.map(idOf));
          have = have.filter(({ version: known }) => !retired.has(idOf(known)));
          have.push(...plan.load.map((loaded, index) => ({ version: loaded, state: outcomes[index] ?? 'loading' })));
          const before = plan.routes;
          routes = planVersions(wanted, have, before, never, 0).routes;
          const ready = new Set(have.filter(({ state }) => state === 'ready').map(({ version: known }) => idOf(known)));
          for (const [, names] of routes) for (const [, found] of names) expect(ready).toContain(idOf(found));
          for (const name of before.get('basket')?.keys() ?? []) {
            if (name in (wanted[0]?.aliases ?? {})) expect([...(routes.get('basket')?.keys() ?? [])]).toContain(name);
          }
        }
      }),
    ));
});

describe('lastGood()', () => {
  const before = wanting(1, version(1));
  it.each([
    { case: 'what answers now', routes: routed({ champion: version(2) }), is: wanting(2, version(2)) },
    { case: 'what answered before, while the successor loads', routes: none, is: before },
  ])('is $case', ({ routes, is }) => {
    expect(lastGood(wanting(2, version(2)), routes, before)).toEqual(is);
  });

  it('holds versions that no alias points to, if they are wanted', () => {
    const wanted = wanting(1, version(1), version(2));
    expect(lastGood(wanted, routed({ champion: version(1), 1: version(1), 2: version(2) }), [])).toEqual(wanted);
  });

  it('holds no version that never answered', () => {
    expect(lastGood(wanting(2, version(2)), none, [])).toEqual([
      { name: 'basket', aliases: {}, defaultAlias: 'champion', versions: [] },
    ]);
  });
});
