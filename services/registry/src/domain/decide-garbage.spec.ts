import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import {
  decideGarbage,
  decideGivenUp,
  type KeptVersion,
  type StoredArtifact,
  type UseFacts,
} from './decide-garbage.js';

const stored = (sha256: string, changedAtMs = 0): StoredArtifact => ({ sha256, sizeBytes: 1, changedAtMs });
const of = (model: string, version: number, ...sha256s: string[]): KeptVersion => ({ model, version, sha256s });
const nothing: UseFacts = { versions: [], wanted: [], champions: [], named: [] };
const policy = { keep: 1, before: 100 };

describe('decideGivenUp()', () => {
  const versions = [of('m', 1, 'a'), of('m', 2, 'b'), of('m', 3, 'c')];
  const everything = ['a', 'b', 'c'].map((name) => stored(name));
  it.each([
    { what: 'nobody wants any', facts: {}, keep: 1, givenUp: [1, 2, 3] },
    { what: 'all are kept', facts: {}, keep: 0, givenUp: [] },
    { what: 'one holds an alias', facts: { wanted: [{ model: 'm', version: 2 }] }, keep: 1, givenUp: [1, 3] },
    { what: 'another model wants one', facts: { wanted: [{ model: 'n', version: 2 }] }, keep: 1, givenUp: [1, 2, 3] },
    {
      what: 'the last champion is kept, though it was champion twice',
      facts: { champions: [3, 3, 1].map((version) => ({ model: 'm', version })) },
      keep: 1,
      givenUp: [1, 2],
    },
    {
      what: 'the last two are kept',
      facts: { champions: [3, 3, 1, 2].map((version) => ({ model: 'm', version })) },
      keep: 2,
      givenUp: [2],
    },
  ])('gives up $givenUp when $what', ({ facts, keep, givenUp }) => {
    const decided = decideGivenUp({ ...nothing, versions, ...facts }, everything, { keep, before: 100 });
    expect(decided.map(({ version }) => version)).toEqual(givenUp);
  });

  it('waits for a version of which a file was stored again', () => {
    const facts = { ...nothing, versions: [of('m', 1, 'a', 'b')] };
    expect(decideGivenUp(facts, [stored('a'), stored('b', 100)], policy)).toEqual([]);
  });
});

describe('decideGarbage()', () => {
  const names = fc.constantFrom(...'abcdefghij');
  const version = fc.record({
    model: fc.constantFrom('m', 'n'),
    version: fc.integer({ min: 1, max: 6 }),
    sha256s: fc.array(names, { minLength: 1, maxLength: 4 }),
  });
  const number = fc.record({ model: fc.constantFrom('m', 'n'), version: fc.integer({ min: 1, max: 6 }) });
  const world = fc.record({
    versions: fc.uniqueArray(version, { selector: (one) => `${one.model}/${one.version}` }),
    wanted: fc.array(number),
    champions: fc.array(number),
    named: fc.array(names),
  });
  const store = fc.uniqueArray(
    fc.record({ sha256: names, sizeBytes: fc.nat(), changedAtMs: fc.integer({ min: 0, max: 200 }) }),
    {
      selector: ({ sha256 }) => sha256,
    },
  );

  it('deletes nothing that anything reachable names, nor what is young', () => {
    fc.assert(
      fc.property(world, store, fc.integer({ min: 0, max: 3 }), (facts, there, keep) => {
        const rule = { keep, before: 100 };
        const givenUp = decideGivenUp(facts, there, rule);
        const garbage = new Set(decideGarbage(facts, there, givenUp, rule).map(({ sha256 }) => sha256));
        const is = (one: { model: string; version: number }) => (other: { model: string; version: number }) =>
          one.model === other.model && one.version === other.version;
        // Said anew, without looking at how it is decided: who is reachable?
        const reachable = facts.versions.filter((one) => {
          const champions = facts.champions
            .filter(({ model }) => model === one.model)
            .map((champion) => champion.version);
          const last = [...new Set(champions)].slice(0, keep);
          return keep === 0 || facts.wanted.some(is(one)) || last.includes(one.version);
        });
        for (const file of reachable.flatMap(({ sha256s }) => sha256s)) expect(garbage.has(file)).toBe(false);
        for (const file of facts.named) expect(garbage.has(file)).toBe(false);
        for (const { sha256, changedAtMs } of there) if (changedAtMs >= 100) expect(garbage.has(sha256)).toBe(false);
        // And a version that keeps its place keeps all its files.
        const stays = facts.versions.filter((one) => !givenUp.some(is(one)));
        for (const file of stays.flatMap(({ sha256s }) => sha256s)) expect(garbage.has(file)).toBe(false);
      }),
    );
  });

  it('deletes all that is old and that nothing names', () => {
    fc.assert(
      fc.property(store, (there) => {
        const garbage = decideGarbage(nothing, there, [], policy);
        expect(garbage).toEqual(there.filter(({ changedAtMs }) => changedAtMs < 100));
      }),
    );
  });
});
