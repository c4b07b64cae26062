import { describe, expect, it } from '@jest/globals';
import { checkAlias, checkBatch, checkKey, checkParams } from './limits.js';

const refused = expect.objectContaining({ code: 'BODY_INVALID' });

describe('limits', () => {
  it.each(['loss', 'loss/val', 'a b:c-d_e.f'])('take the key %s', (key) => {
    expect(() => checkKey(key, 'key')).not.toThrow();
  });
  it.each(['', '/a', 'a/', 'a//b', '..', 'a/../b', 'a\0', 'a"b', 'x'.repeat(251)])('refuse the key %j', (key) => {
    expect(() => checkKey(key, 'key')).toThrow(refused);
  });
  it.each(['latest', 'LATEST', 'v1', 'V12', '', 'a b', "a'"])('refuse the alias %j', (alias) => {
    expect(() => checkAlias(alias)).toThrow(refused);
  });
  it('cut a parameter, and refuse one that is given twice', () => {
    expect(checkParams([{ key: 'a', value: 'x'.repeat(7_000) }])[0]?.value).toHaveLength(6_000);
    const twice = [
      { key: 'a', value: '1' },
      { key: 'a', value: '1' },
    ];
    expect(() => checkParams(twice)).toThrow(refused);
  });
  it.each([
    { metrics: 1_001, params: 0, tags: 0 },
    { metrics: 0, params: 101, tags: 0 },
    { metrics: 0, params: 0, tags: 101 },
    { metrics: 950, params: 51, tags: 0 },
  ])('refuse a batch of $metrics metrics, $params params and $tags tags', (counts) => {
    expect(() => checkBatch(counts)).toThrow(refused);
  });
});
