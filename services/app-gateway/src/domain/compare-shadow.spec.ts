import { describe, expect, it } from '@jest/globals';
import { tensorOf } from '@vinaigrette/signature';
import { shadowDifference } from './compare-shadow.js';

const skus = (...texts: string[]) => ({ skus: tensorOf('BYTES', [1, texts.length], texts) });
const price = (value: number) => ({ price: tensorOf('FP32', [1, 1], [value]) });

describe('shadowDifference()', () => {
  it.each([
    { shown: skus('a', 'b', ''), shadow: skus('b', 'a', ''), rankOverlap: 1, scoreDelta: undefined },
    { shown: skus('a', 'b'), shadow: skus('a', 'c', 'd', 'e'), rankOverlap: 0.25, scoreDelta: undefined },
    { shown: skus('', ''), shadow: skus('', ''), rankOverlap: 1, scoreDelta: undefined },
    { shown: price(10), shadow: price(12.5), rankOverlap: undefined, scoreDelta: 2.5 },
    { shown: price(10), shadow: price(NaN), rankOverlap: undefined, scoreDelta: undefined },
    { shown: price(10), shadow: skus('a'), rankOverlap: undefined, scoreDelta: undefined },
  ])('of $shown and $shadow is $rankOverlap and $scoreDelta', ({ shown, shadow, ...difference }) => {
    expect(shadowDifference(shown, shadow)).toEqual(difference);
  });
});
