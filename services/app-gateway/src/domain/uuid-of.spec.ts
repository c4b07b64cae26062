import { describe, expect, it } from '@jest/globals';
import { RecentTexts } from './recent-texts.js';
import { uuidOf } from './uuid-of.js';

describe('uuidOf()', () => {
  it('is a UUID of version 8, the same for the same text', () => {
    expect(uuidOf('a')).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    expect(uuidOf('a')).toBe(uuidOf('a'));
    expect(uuidOf('a')).not.toBe(uuidOf('b'));
  });
});

describe('RecentTexts', () => {
  it('forgets the oldest', () => {
    const recent = new RecentTexts(2);
    for (const text of ['a', 'b', 'c']) recent.add(text);
    expect(['a', 'b', 'c'].filter((text) => recent.has(text))).toEqual(['b', 'c']);
  });
});
