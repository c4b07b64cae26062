import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { isPlainPrediction, isPlainRecommendation } from './plain-bodies.js';
import { predictionRequest, recommendationRequest } from './schemas.js';

const id = 'c-1027';

describe('a plain body', () => {
  it.each<{ body: unknown; plain: boolean }>([
    { body: { basket: [] }, plain: true },
    { body: { basket: ['milk'], customer: { id }, context: { moment: 'cart' }, limit: 3 }, plain: true },
    { body: { basket: ['milk'], customer: { id, attributes: { age: 17 } }, context: { market: 'de' } }, plain: true },
    { body: { basket: ['milk'], customer: { id, attributes: { tags: ['a'] } } }, plain: false },
    { body: { basket: ['milk'], occurredAt: 0 }, plain: false },
    { body: { basket: ['milk'], toString: 1 }, plain: false },
    { body: {}, plain: false },
    { body: null, plain: false },
  ])('of a recommendation: $body is $plain', ({ body, plain }) => {
    expect(isPlainRecommendation(body)).toBe(plain);
  });

  it.each<{ body: unknown; plain: boolean }>([
    { body: { inputs: { age: 42, smoker: 'no', member: true } }, plain: true },
    { body: { unit: id, attributes: { age: 42 }, inputs: {}, context: { channel: 'web' } }, plain: true },
    { body: { inputs: { history: [1, 2] } }, plain: false },
    { body: { inputs: [1] }, plain: false },
    { body: JSON.parse('{"inputs": {"__proto__": 1}}'), plain: false },
    { body: { unit: id }, plain: false },
  ])('of a prediction: $body is $plain', ({ body, plain }) => {
    expect(isPlainPrediction(body)).toBe(plain);
  });

  const mostly = <T>(usual: fc.Arbitrary<T>, odd: fc.Arbitrary<unknown>) =>
    fc.oneof({ weight: 9, arbitrary: usual as fc.Arbitrary<unknown> }, odd);
  const any = fc.oneof(
    fc.string({ maxLength: 300, unit: 'grapheme' }),
    fc.constantFrom('', null, true, 0, 1, 3.5, -1, 1e300, Infinity),
    fc.array(fc.string(), { maxLength: 3 }),
    fc.dictionary(fc.string(), fc.integer(), { maxKeys: 2 }),
  );
  const text = mostly(fc.constantFrom('cart', 'de', 'x'.repeat(64)), any);
  const values = mostly(
    fc.dictionary(fc.string(), mostly(fc.oneof(fc.string(), fc.integer()), any), { maxKeys: 3 }),
    any,
  );
  const moment = mostly(fc.constantFrom('cart', 'product'), any);
  const context = mostly(fc.record({ moment, market: text, channel: text }, { requiredKeys: [] }), any);
  const customer = mostly(fc.record({ id: text, attributes: values }, { requiredKeys: ['id'] }), values);
  const basket = mostly(fc.array(text, { maxLength: 3 }), any);
  const limit = mostly(fc.integer({ min: 1 }), any);
  const withStranger = (body: fc.Arbitrary<object>) =>
    mostly(
      body,
      fc.tuple(body, fc.dictionary(fc.string(), any, { maxKeys: 1 })).map(([one, more]) => ({ ...one, ...more })),
    );

  it.each([
    {
      of: 'a recommendation',
      isPlain: isPlainRecommendation,
      schema: recommendationRequest,
      bodies: fc.record({ basket, customer, context, limit }, { requiredKeys: ['basket'] }),
    },
    {
      of: 'a prediction',
      isPlain: isPlainPrediction,
      schema: predictionRequest,
      bodies: fc.record({ unit: text, attributes: values, inputs: values, context }, { requiredKeys: ['inputs'] }),
    },
  ])('of $of is one that the schema takes, and leaves as it is', ({ isPlain, schema, bodies }) => {
    let plain = 0;
    fc.assert(
      fc.property(withStranger(bodies), (body) => {
        if (!isPlain(body)) return;
        plain += 1;
        expect(schema.safeParse(body)).toEqual({ success: true, data: body });
      }),
      { numRuns: 3_000 },
    );
    expect(plain).toBeGreaterThan(100);
  });
});
