import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { decideAlias, type AliasFacts, type AliasWish } from './decide-alias.js';

const wish = (version: number, expected?: number, kind = 'model'): AliasWish => ({
  subject: { kind, name: 'basket' },
  alias: 'champion',
  version,
  expected,
});
const facts = (holder: number, highest = 9): AliasFacts => ({ holder, highest, past: [] });
const stay = { action: 'stay' };
const move = (from: number, to: number) => ({ action: 'move', from, to, rolledBack: false });

describe('decideAlias()', () => {
  it.each([
    { what: 'a first holder', wish: wish(1), facts: facts(0), decision: move(0, 1) },
    { what: 'a first holder, nobody expected', wish: wish(1, 0), facts: facts(0), decision: move(0, 1) },
    { what: 'a move from the expected holder', wish: wish(2, 1), facts: facts(1), decision: move(1, 2) },
    { what: 'a move whoever holds it', wish: wish(2), facts: facts(5), decision: move(5, 2) },
    { what: 'a way back', wish: wish(1, 2), facts: facts(2), decision: move(2, 1) },
    { what: 'taking it away', wish: wish(0, 2), facts: facts(2), decision: move(2, 0) },
    { what: 'what is so already', wish: wish(2), facts: facts(2), decision: stay },
    { what: 'what is so already, and expected to be', wish: wish(2, 2), facts: facts(2), decision: stay },
    { what: 'taking away what nobody holds', wish: wish(0), facts: facts(0), decision: stay },
  ])('grants $what', ({ wish, facts, decision }) => {
    expect(decideAlias(wish, facts)).toEqual(decision);
  });

  it.each([
    { what: 'another holder', wish: wish(3, 1), facts: facts(2), code: 'ALIAS_MOVED', field: 'expected' },
    {
      what: 'a holder where nobody is expected',
      wish: wish(3, 0),
      facts: facts(2),
      code: 'ALIAS_MOVED',
      field: 'expected',
    },
    { what: 'nobody where one is expected', wish: wish(3, 2), facts: facts(0), code: 'ALIAS_MOVED', field: 'expected' },
    {
      what: 'a holder that moved where it should go',
      wish: wish(3, 2),
      facts: facts(3),
      code: 'ALIAS_MOVED',
      field: 'expected',
    },
    {
      what: 'a version there is not',
      wish: wish(3),
      facts: facts(2, 2),
      code: 'VERSION_NOT_FOUND',
      field: 'version',
    },
    { what: 'an unknown model', wish: wish(3), facts: facts(0, 0), code: 'MODEL_NOT_FOUND', field: 'subject.name' },
    {
      what: 'an unknown model, taken away',
      wish: wish(0),
      facts: facts(0, 0),
      code: 'MODEL_NOT_FOUND',
      field: 'subject.name',
    },
    {
      what: 'an unknown document',
      wish: wish(3, 0, 'rule-set'),
      facts: facts(0, 0),
      code: 'DOCUMENT_NOT_FOUND',
      field: 'subject.name',
    },
    {
      what: 'a document version there is not',
      wish: wish(3, 0, 'rule-set'),
      facts: facts(2, 2),
      code: 'DOCUMENT_NOT_FOUND',
      field: 'version',
    },
  ])('refuses $what with $code', ({ wish, facts, code, field }) => {
    expect(() => decideAlias(wish, facts)).toThrow(expect.objectContaining({ code, field }));
  });

  it('moves from the true holder, to what is wished for, and never against what is expected', () => {
    const version = fc.integer({ min: 0, max: 3 });
    fc.assert(
      fc.property(version, version, fc.option(version, { nil: undefined }), (holder, to, expected) => {
        let decision;
        try {
          decision = decideAlias(wish(to, expected), facts(holder));
        } catch (error) {
          expect(error).toMatchObject({ code: 'ALIAS_MOVED' });
          expect(expected).not.toBe(holder);
          return;
        }
        expect(expected ?? holder).toBe(holder);
        expect(decision).toEqual(to === holder ? stay : move(holder, to));
      }),
    );
  });
});
