import { describe, expect, it } from '@jest/globals';
import { create } from '@bufbuild/protobuf';
import { DocumentSchema, ModelVersionSchema, RolloutSchema, RolloutState } from '@vinaigrette/contracts/registry';
import fc from 'fast-check';
import { wantedState, type HeldAlias } from './wanted-state.js';

const version = (model: string, version: number) => create(ModelVersionSchema, { model, version });
const document = (kind: string, name: string, version: number) => create(DocumentSchema, { kind, name, version });
const held = (subject: string, alias: string, version: number, previous = 0): HeldAlias => {
  const [kind, name] = subject.split('/') as [string, string];
  return { kind, name, alias, version, previous };
};
const tried = (subject: string, candidate: number, startedAtMs = 0n) => {
  const [kind, name] = subject.split('/') as [string, string];
  return create(RolloutSchema, {
    id: `${subject}-${candidate}`,
    subject: { kind, name },
    candidate,
    startedAtMs,
    state: RolloutState.RUNNING,
  });
};

describe('wantedState()', () => {
  it('is empty when nothing is wanted', () => {
    expect(wantedState(0n, [], [], [version('basket', 1)], [document('use-case', 'a', 1)])).toMatchObject({
      revision: 0n,
      models: [],
      documents: [],
    });
  });

  it('holds the versions that an alias names, once each, newest first, by kind and name', () => {
    const state = wantedState(
      12n,
      [
        held('use-case/recommendations', 'champion', 1),
        held('model/segments', 'champion', 1),
        held('model/basket', 'champion', 2),
        held('model/basket', 'stable', 2),
        held('rule-set/shop', 'champion', 4),
        held('model/basket', 'canary', 3),
      ],
      [],
      [version('segments', 1), version('basket', 2), version('basket', 3)],
      [document('use-case', 'recommendations', 1), document('rule-set', 'shop', 4)],
    );
    expect(state).toMatchObject({
      revision: 12n,
      models: [
        { name: 'basket', aliases: { champion: 2, stable: 2, canary: 3 }, versions: [{ version: 3 }, { version: 2 }] },
        { name: 'segments', aliases: { champion: 1 }, versions: [{ model: 'segments', version: 1 }] },
      ],
      documents: [
        { kind: 'rule-set', name: 'shop', aliases: { champion: 4 }, versions: [{ version: 4 }] },
        { kind: 'use-case', name: 'recommendations', aliases: { champion: 1 }, versions: [{ version: 1 }] },
      ],
    });
  });

  it("serves the champion's predecessor, and what a rollout tries; of documents only the latter", () => {
    const state = wantedState(
      3n,
      [
        held('model/basket', 'champion', 4, 2),
        held('model/basket', 'staging', 6, 5),
        held('rule-set/shop', 'champion', 4, 2),
      ],
      [tried('rule-set/shop', 5, 2_000n), tried('model/basket', 7, 1_000n)],
      [1, 2, 3, 4, 5, 6, 7].map((number) => version('basket', number)),
      [1, 2, 3, 4, 5].map((number) => document('rule-set', 'shop', number)),
    );
    const [model] = state.models;
    expect(model?.versions.map(({ version }) => version)).toEqual([7, 6, 4, 2]);
    expect(model?.previous).toEqual({ champion: 2, staging: 5 });
    expect(state.documents[0]?.versions.map(({ version }) => version)).toEqual([5, 4]);
    expect(state.documents[0]?.previous).toEqual({ champion: 2 });
    expect(state.rollouts.map(({ id }) => id)).toEqual(['model/basket-7', 'rule-set/shop-5']); // oldest first
  });

  it('tells the same whatever order the rows come in, and each version is named by an alias', () => {
    const row = fc.record({
      subject: fc.constantFrom('model/a', 'model/b', 'use-case/a', 'rule-set/b'),
      alias: fc.constantFrom('champion', 'canary'),
      version: fc.integer({ min: 1, max: 3 }),
    });
    const rows = fc.uniqueArray(row, { selector: ({ subject, alias }) => subject + alias });
    const every = [1, 2, 3];
    const versions = ['a', 'b'].flatMap((name) => every.map((number) => version(name, number)));
    const documents = ['use-case/a', 'rule-set/b'].flatMap((subject) =>
      every.map((number) => document(...(subject.split('/') as [string, string]), number)),
    );
    fc.assert(
      fc.property(rows, (wanted) => {
        const aliases = wanted.map(({ subject, alias, version }) => held(subject, alias, version));
        const state = wantedState(1n, aliases, [], versions, documents);
        expect(wantedState(1n, [...aliases].reverse(), [], [...versions].reverse(), [...documents].reverse())).toEqual(
          state,
        );
        for (const { aliases, versions } of [...state.models, ...state.documents]) {
          expect(versions.map(({ version }) => version).sort()).toEqual([...new Set(Object.values(aliases))].sort());
        }
      }),
    );
  });
});
