import { describe, expect, it } from '@jest/globals';
import { tensorOf, type Tensor } from '@vinaigrette/signature';
import { basketTensors, bestSellingItems, differentItems, recommendedItems } from './basket.js';

describe('differentItems()', () => {
  it('keeps each once, where it was first', () => {
    expect(differentItems(['b', 'a', 'b', 'c', 'a'])).toEqual(['b', 'a', 'c']);
  });
});

describe('basketTensors()', () => {
  it.each([
    { basket: ['a', 'b'], shape: [1, 2], data: ['a', 'b'] },
    { basket: [], shape: [1, 1], data: [''] },
  ])('makes $basket a row of $data', ({ basket, shape, data }) => {
    expect(basketTensors(basket)).toEqual({ items: { datatype: 'BYTES', shape, data } });
  });
});

const skus = tensorOf('BYTES', [1, 3], ['x', 'y', '']);
const confidence = tensorOf('FP32', [1, 3], [0.5, 0.25, 0]);
const rule = tensorOf('INT64', [1, 3], [4, 7, -1]);
const because = tensorOf('BYTES', [1, 3, 2], ['a', 'b', 'a', '', '', '']);

describe('recommendedItems()', () => {
  it('reads items with their reasons, without empty slots', () => {
    expect(recommendedItems({ skus, confidence, rule, because }, [])).toEqual([
      { sku: 'x', score: 0.5, reasons: [{ kind: 'bought-together', because: ['a', 'b'], confidence: 0.5, rule: 4 }] },
      { sku: 'y', score: 0.25, reasons: [{ kind: 'bought-together', because: ['a'], confidence: 0.25, rule: 7 }] },
    ]);
  });

  it('does without reasons, and never recommends what is in the basket', () => {
    expect(recommendedItems({ skus, confidence }, ['x'])).toEqual([
      { sku: 'y', score: 0.25, reasons: [{ kind: 'bought-together', because: [], confidence: 0.25 }] },
    ]);
  });

  it.each<{ what: string; outputs: Record<string, Tensor> }>([
    { what: 'no skus', outputs: { confidence } },
    { what: 'no confidence', outputs: { skus } },
    { what: 'numbers for SKUs', outputs: { skus: rule, confidence } },
    { what: 'fewer confidences than SKUs', outputs: { skus, confidence: tensorOf('FP32', [1, 1], [1]) } },
    { what: 'one dimension', outputs: { skus: { ...skus, shape: [3] }, confidence } },
  ])('is undefined of an answer with $what', ({ outputs }) => {
    expect(recommendedItems(outputs, [])).toBeUndefined();
  });
});

describe('bestSellingItems()', () => {
  it('scores by the best one, without what is in the basket', () => {
    const sold = [
      { sku: 'a', baskets: 40 },
      { sku: 'b', baskets: 20 },
    ];
    expect(bestSellingItems(sold, ['a'])).toEqual([
      { sku: 'b', score: 0.5, reasons: [{ kind: 'best-seller', because: [], baskets: 20 }] },
    ]);
    expect(bestSellingItems([], [])).toEqual([]);
  });
});
