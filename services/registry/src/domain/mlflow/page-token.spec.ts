import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { offsetOf, pageOf, pageToken } from './page-token.js';

describe('page tokens', () => {
  it('lead where they were given', () => {
    fc.assert(fc.property(fc.nat(1_000_000), (offset) => expect(offsetOf(pageToken(offset))).toBe(offset)));
    expect(offsetOf(undefined)).toBe(0);
  });
  it.each([
    'x',
    'e30',
    Buffer.from('{"offset":-1}').toString('base64url'),
    Buffer.from('{"offset":"1"}').toString('base64url'),
  ])('are not %s', (token) => {
    expect(() => offsetOf(token)).toThrow(expect.objectContaining({ code: 'QUERY_INVALID' }));
  });
  it('are there while there is another row', () => {
    expect(pageOf([1, 2, 3], 2, 4)).toEqual({ rows: [1, 2], next: pageToken(6) });
    expect(pageOf([1, 2], 2, 4)).toEqual({ rows: [1, 2], next: undefined });
  });
});
