import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { RowCache } from './row-cache.js';

describe('RowCache', () => {
  it('believes a row for its time, and one that is not there as well', () => {
    const cache = new RowCache<string>(10, 100);
    cache.set('a', 'milk', 0);
    cache.set('b', null, 50);
    expect([cache.get('a', 99), cache.get('b', 99), cache.get('c', 99)]).toEqual(['milk', null, undefined]);
    expect([cache.get('a', 100), cache.get('b', 149), cache.get('b', 150)]).toEqual([undefined, null, undefined]);
  });

  it('forgets what was asked for longest ago', () => {
    const cache = new RowCache<string>(2, 100);
    cache.set('a', '1', 0);
    cache.set('b', '2', 0);
    cache.get('a', 1);
    cache.set('c', '3', 2);
    expect(['a', 'b', 'c'].map((key) => cache.get(key, 3))).toEqual(['1', undefined, '3']);
  });

  it('never holds more than it may', () =>
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 5 }), fc.array(fc.constantFrom(...'abcdefgh')), (most, keys) => {
        const cache = new RowCache<string>(most, 10);
        return keys.every((key, index) => {
          cache.set(key, key, index);
          return cache.size <= most && cache.get(key, index) === key;
        });
      }),
    ));
});
