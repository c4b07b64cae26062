import { describe, expect, it } from '@jest/globals';
import { tensorOf } from '@vinaigrette/signature';
import { ruledDifference, shadowDifference } from './compare-shadow.js';

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

describe('ruledDifference()', () => {
  const ruled = (skus: string, outputs = {}) => ({ shown: [...skus], outputs, fired: [] });
  it.each([
    { inForce: ruled('abc'), shadow: ruled('cab'), rankOverlap: 1, scoreDelta: undefined },
    { inForce: ruled('abc'), shadow: ruled('a'), rankOverlap: 1 / 3, scoreDelta: undefined },
    { inForce: ruled('a'), shadow: ruled(''), rankOverlap: 0, scoreDelta: undefined },
    { inForce: ruled('', { price: 10 }), shadow: ruled('', { price: 12 }), rankOverlap: undefined, scoreDelta: 2 },
    {
      inForce: ruled('', { risks: [[1, 2], [3]], name: 'x' }),
      shadow: ruled('', { risks: [[1, 5]], name: 'y' }),
      rankOverlap: undefined,
      scoreDelta: 3,
    },
    { inForce: ruled('', { price: 10 }), shadow: ruled(''), rankOverlap: undefined, scoreDelta: undefined },
  ])('of $inForce and $shadow is $rankOverlap and $scoreDelta', ({ inForce, shadow, ...difference }) => {
    expect(ruledDifference(inForce, shadow)).toEqual(difference);
  });
});
