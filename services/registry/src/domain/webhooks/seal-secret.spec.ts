import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { isSealedByFirst, KEY_BYTES, NONCE_BYTES, openSecret, sealSecret } from './seal-secret.js';

const [old, young] = [new Uint8Array(KEY_BYTES).fill(1), new Uint8Array(KEY_BYTES).fill(2)];
const nonce = new Uint8Array(NONCE_BYTES).fill(3);
const SECRET = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw';
const sealed = sealSecret(SECRET, 'a', [old], nonce);
/** The last byte of what is sealed, changed. */
const changed = (() => {
  const bytes = Buffer.from(sealed.split(':')[2] as string, 'base64');
  bytes.writeUInt8((bytes.at(-1) as number) ^ 1, bytes.byteLength - 1);
  return [...sealed.split(':').slice(0, 2), bytes.toString('base64')].join(':');
})();

describe('sealSecret(), openSecret()', () => {
  it.each([
    { what: 'by its key', kept: sealed, id: 'a', keys: [old], opened: SECRET },
    { what: 'by its key after the new one', kept: sealed, id: 'a', keys: [young, old], opened: SECRET },
    { what: 'by another key', kept: sealed, id: 'a', keys: [young], opened: undefined },
    { what: 'by no key', kept: sealed, id: 'a', keys: [], opened: undefined },
    { what: 'for another webhook', kept: sealed, id: 'b', keys: [old], opened: undefined },
    { what: 'after somebody changed it', kept: changed, id: 'a', keys: [old], opened: undefined },
    { what: 'too short to be one', kept: `${sealed.slice(0, 16)}AAAA`, id: 'a', keys: [old], opened: undefined },
    { what: 'that was never sealed', kept: SECRET, id: 'a', keys: [old], opened: SECRET },
  ])('open $what: $opened', ({ kept, id, keys, opened }) => {
    expect(openSecret(kept, id, keys)).toBe(opened);
  });

  it('give back any secret, which the sealed one does not hold', () =>
    fc.assert(
      fc.property(fc.string({ minLength: 1, unit: 'binary' }), fc.uuid(), (secret, id) => {
        const kept = sealSecret(secret, id, [young], nonce);
        expect(openSecret(kept, id, [old, young])).toBe(secret);
        if (secret.length > 8) expect(kept).not.toContain(secret);
      }),
    ));
});

describe('isSealedByFirst()', () => {
  it.each([
    { kept: sealed, keys: [old], is: true },
    { kept: sealed, keys: [young, old], is: false },
    { kept: SECRET, keys: [young], is: false },
    { kept: SECRET, keys: [], is: true },
  ])('$is', ({ kept, keys, is }) => expect(isSealedByFirst(kept, keys)).toBe(is));
});
