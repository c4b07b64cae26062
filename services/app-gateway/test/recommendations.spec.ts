import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { openShop } from './open-shop.js';

describe('POST /v1/recommendations', () => {
  let shop: Awaited<ReturnType<typeof openShop>>;
  beforeAll(async () => {
    shop = await openShop();
  }, 60_000);
  afterAll(() => shop.close(), 60_000);

  it('answers with items, their reasons, and everything with a version that decided', async () => {
    const { status, body } = await shop.gateway.post('/v1/recommendations', { basket: ['milk'] });
    expect({ status, body }).toEqual({
      status: 200,
      body: {
        predictionId: expect.stringMatching(/^[0-9a-f]{8}-[0-9a-f]{4}-7/),
        items: [
          {
            sku: 'sugar',
            score: expect.closeTo(0.8),
            reasons: [{ kind: 'bought-together', because: ['milk'], confidence: expect.closeTo(0.8), rule: 7 }],
          },
          {
            sku: 'bread',
            score: 0.5,
            reasons: [{ kind: 'bought-together', because: ['milk'], confidence: 0.5, rule: 8 }],
          },
        ],
        servedBy: {
          useCase: 'recommendations',
          useCaseVersion: 1,
          model: 'basket',
          version: 1,
          variant: 'champion',
          ruleSet: { name: 'shop', version: 1 },
          fallback: null,
        },
      },
    });
  });

  it.each([
    { what: 'an empty basket', request: { basket: [] }, skus: ['milk', 'tea', 'eggs'], fallback: 'best-sellers' },
    { what: 'an unknown SKU', request: { basket: ['?'] }, skus: ['milk', 'tea', 'eggs'], fallback: 'best-sellers' },
    { what: 'a best seller', request: { basket: ['tea'] }, skus: ['milk', 'eggs'], fallback: 'best-sellers' },
    { what: 'milk twice', request: { basket: ['milk', 'milk'] }, skus: ['sugar', 'bread'], fallback: null },
    { what: 'milk and sugar', request: { basket: ['milk', 'sugar'] }, skus: ['bread'], fallback: null },
    { what: 'a limit of one', request: { basket: ['milk'], limit: 1 }, skus: ['sugar'], fallback: null },
    {
      what: 'the checkout, where a rule caps the list',
      request: { basket: ['milk'], context: { moment: 'checkout' } },
      skus: ['sugar'],
      fallback: null,
    },
  ])('recommends $skus for $what', async ({ request, skus, fallback }) => {
    const { status, body } = await shop.gateway.post('/v1/recommendations', request);
    expect(status).toBe(200);
    expect(body.items.map((item: { sku: string }) => item.sku)).toEqual(skus);
    expect(body.servedBy.fallback).toBe(fallback);
  });
});
