import { describe, expect, it } from '@jest/globals';
import { afterComparison, openJoining, provedJoining, ROWS_TO_PROVE, unproved } from './join-proof.js';

const seen = ROWS_TO_PROVE;

describe('a proof that rows may be joined', () => {
  it.each([
    { proof: unproved, proved: undefined, open: 'padded' },
    { proof: { exact: seen - 1, padded: 0 }, proved: undefined, open: 'padded' },
    { proof: { exact: seen, padded: 0 }, proved: 'exact', open: 'padded' },
    { proof: { exact: 0, padded: seen }, proved: 'padded', open: 'exact' },
    { proof: { exact: seen, padded: 'refuted' }, proved: 'exact', open: undefined },
    { proof: { exact: 0, padded: 'refuted' }, proved: undefined, open: 'exact' },
    { proof: { exact: 'refuted', padded: 'refuted' }, proved: undefined, open: undefined },
  ] as const)('of $proof allows $proved and leaves $open open', ({ proof, proved, open }) => {
    expect({ proved: provedJoining(proof), open: openJoining(proof) }).toEqual({ proved, open });
  });

  it.each([
    { joining: 'exact', same: true, then: { exact: 5, padded: 0 } },
    { joining: 'padded', same: true, then: { exact: 0, padded: 5 } },
    { joining: 'padded', same: false, then: { exact: 0, padded: 'refuted' } },
    { joining: 'exact', same: false, then: { exact: 'refuted', padded: 'refuted' } },
  ] as const)('after five $joining rows, same: $same, is $then', ({ joining, same, then }) => {
    expect(afterComparison(unproved, joining, 5, same)).toEqual(then);
  });

  it('is never proved again once refuted', () => {
    const refuted = afterComparison(unproved, 'exact', 2, false);
    expect(afterComparison(refuted, 'exact', 1_000, true)).toEqual(refuted);
  });
});
