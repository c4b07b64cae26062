import { describe, expect, it } from '@jest/globals';
import type { ShopKey } from '@vinaigrette/documents';
import { judgeKey, type KeyUse } from './judge-key.js';

const key: ShopKey = { id: 'web', sha256: 'a'.repeat(64), scopes: ['recommend', 'predict'] };
const use: KeyUse = { scope: 'recommend', useCase: 'recommendations', origin: undefined, nowMs: 1_000 };
const page = 'https://shop.example';

describe('judgeKey()', () => {
  it.each<{ what: string; of?: Partial<ShopKey>; by?: Partial<KeyUse>; why?: RegExp }>([
    { what: 'a key of the scope' },
    { what: 'a key of another scope', by: { scope: 'feedback' }, why: /not for feedback/ },
    { what: 'a key from its time on', of: { notBefore: '1970-01-01T00:00:01Z' } },
    { what: 'a key before its time', of: { notBefore: '1970-01-01T00:00:02Z' }, why: /not in force yet/ },
    { what: 'a key after its time', of: { notAfter: '1970-01-01T00:00:01Z' }, why: /no more/ },
    { what: 'a public key of a page', of: { origins: [page] }, by: { origin: page } },
    { what: 'a public key of another page', of: { origins: [page] }, by: { origin: `${page}.evil` }, why: /pages of/ },
    { what: 'a public key of no page', of: { origins: [page] }, why: /no origin/ },
    { what: 'a key of the use case', of: { useCases: ['recommendations'] } },
    { what: 'a key of another use case', of: { useCases: ['quote'] }, why: /may not ask recommendations/ },
  ])('lets through, or says why not: $what', ({ of, by, why }) => {
    const judged = judgeKey({ ...key, ...of }, { ...use, ...by });
    if (why) expect(judged).toMatch(why);
    else expect(judged).toBeUndefined();
  });
});
