import { describe, expect, it } from '@jest/globals';
import { settledVersions } from './settled-versions.js';

const version = (digest: string | undefined) => (digest ? [{ model: 'adder', number: 1, digest }] : []);

describe('settledVersions()', () => {
  it.each([
    { what: 'appears', taken: undefined, before: undefined, found: 'a', settled: undefined },
    { what: 'has appeared', taken: undefined, before: 'a', found: 'a', settled: 'a' },
    { what: 'is being changed', taken: 'a', before: 'a', found: 'b', settled: 'a' },
    { what: 'is still being changed', taken: 'a', before: 'b', found: 'c', settled: 'a' },
    { what: 'has changed', taken: 'a', before: 'c', found: 'c', settled: 'c' },
    { what: 'is away for a moment', taken: 'a', before: 'a', found: undefined, settled: 'a' },
    { what: 'is gone', taken: 'a', before: undefined, found: undefined, settled: undefined },
    { what: 'comes back changed', taken: 'a', before: undefined, found: 'b', settled: 'a' },
  ])('is $settled for a version that $what', ({ taken, before, found, settled }) => {
    expect(settledVersions(version(found), version(before), version(taken))).toEqual(version(settled));
  });

  it('lets no version wait for another', () => {
    const [still] = version('a');
    const busy = (digest: string) => ({ model: 'other', number: 1, digest });
    expect(settledVersions([still!, busy('c')], [still!, busy('b')], [])).toEqual([still]);
  });
});
