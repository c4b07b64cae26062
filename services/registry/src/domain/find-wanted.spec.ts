import { create } from '@bufbuild/protobuf';
import { describe, expect, it } from '@jest/globals';
import { WantedStateSchema } from '@vinaigrette/contracts/registry';
import { findWantedDocument, findWantedVersion } from './find-wanted.js';

const versions = [{ version: 3 }, { version: 1 }];
const state = create(WantedStateSchema, {
  models: [{ name: 'basket', aliases: { champion: 3, lost: 2 }, versions }],
  documents: [{ kind: 'rule-set', name: 'basket', aliases: { champion: 1 }, versions }],
});

describe('findWantedVersion(), findWantedDocument()', () => {
  it.each([
    { what: 'a number that is wanted', of: state, name: 'basket', choice: { version: 1 }, found: [1, 1] },
    { what: 'an alias', of: state, name: 'basket', choice: { alias: 'champion' }, found: [3, 1] },
    { what: 'a number nobody wants', of: state, name: 'basket', choice: { version: 2 }, found: [] },
    {
      what: 'an alias of a version that is not there',
      of: state,
      name: 'basket',
      choice: { alias: 'lost' },
      found: [],
    },
    { what: 'an alias nobody holds', of: state, name: 'basket', choice: { alias: 'canary' }, found: [] },
    { what: 'another name', of: state, name: 'shop', choice: { version: 1 }, found: [] },
    { what: 'a state that was never read', of: undefined, name: 'basket', choice: { version: 1 }, found: [] },
  ])('find $found for $what', ({ of, name, choice, found }) => {
    const version = findWantedVersion(of, name, choice)?.version;
    const document = findWantedDocument(of, { kind: 'rule-set', name }, choice)?.version;
    expect([version, document]).toEqual([found[0], found[1]]);
    expect(findWantedDocument(of, { kind: 'use-case', name }, choice)).toBeUndefined();
  });
});
