import { create, fromBinary, toBinary } from '@bufbuild/protobuf';
import { describe, expect, it } from '@jest/globals';
import { PredictionSchema, PredictionStatus } from '@vinaigrette/contracts/events';
import fc from 'fast-check';
import { PredictionEncoder } from './encode-prediction.js';

const encoder = new PredictionEncoder();

const text = fc.oneof(fc.string({ maxLength: 60 }), fc.string({ unit: 'grapheme', maxLength: 60 }), fc.constant(''));
const uint32 = fc.nat(0xffff_ffff);
const texts = fc.array(text, { maxLength: 5 });
const prediction = fc.record({
  ...{ predictionId: text, useCase: text, model: text, variant: text, ruleSet: text, unit: text, segment: text },
  ...{ fallback: text, rolloutId: text, texts, shown: texts, firedRules: texts, segments: texts },
  ...{ useCaseVersion: uint32, version: uint32, ruleSetVersion: uint32, latencyUs: uint32 },
  occurredAtMs: fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
  status: fc.constantFrom(PredictionStatus.ANSWERED, PredictionStatus.SHADOW, PredictionStatus.UNSPECIFIED),
  schemaId: fc.uint8Array({ maxLength: 32 }),
  numbers: fc.array(fc.double(), { maxLength: 20 }),
  lengths: fc.array(uint32, { maxLength: 5 }),
  propensity: fc.option(fc.double(), { nil: undefined }),
});

describe('PredictionEncoder', () => {
  it('writes what the generated writer writes', () => {
    const written = fc.property(prediction, (fields) => {
      const message = create(PredictionSchema, fields as never);
      expect(Buffer.from(encoder.encode(message))).toEqual(Buffer.from(toBinary(PredictionSchema, message)));
    });
    fc.assert(written, { numRuns: 500 });
  });

  it('knows every field of the contract', () => {
    const value = { 9: 'x', 3: 7n, 13: 7, 14: 2, 12: new Uint8Array([1]), 1: 0.5 } as Record<number, unknown>;
    for (const field of PredictionSchema.fields) {
      const scalar = field.fieldKind === 'enum' ? 1 : value[field.scalar as number];
      const message = create(PredictionSchema, {
        [field.localName]: field.fieldKind === 'list' ? [value[field.scalar as number]] : scalar,
      });
      expect(fromBinary(PredictionSchema, encoder.encode(message))).toEqual(message);
    }
  });

  it('writes a record longer than any before', () => {
    const message = create(PredictionSchema, { texts: Array.from({ length: 20_000 }, (_, n) => `sku-${n}`) });
    expect(fromBinary(PredictionSchema, encoder.encode(message))).toEqual(message);
  });
});
