import { create, fromBinary, toBinary } from '@bufbuild/protobuf';
import { describe, expect, it } from '@jest/globals';
import { PredictionSchema, PredictionStatus, type Prediction } from '@vinaigrette/contracts/events';
import fc from 'fast-check';
import { PredictionDecoder } from './decode-prediction.js';

const text = fc.oneof(
  fc.string({ maxLength: 40 }),
  fc.string({ unit: 'binary', maxLength: 8 }),
  fc.constant('champion'),
);
const texts = fc.array(text, { maxLength: 6 });
const uint32 = fc.integer({ min: 0, max: 0xffff_ffff });
const record = fc.record(
  {
    predictionId: text,
    occurredAtMs: fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
    useCase: text,
    useCaseVersion: uint32,
    model: text,
    version: uint32,
    variant: text,
    ruleSet: text,
    unit: text,
    segment: text,
    status: fc.constantFrom(
      PredictionStatus.ANSWERED,
      PredictionStatus.SHADOW,
      77 as PredictionStatus,
      -1 as PredictionStatus,
    ),
    latencyUs: uint32,
    schemaId: fc.uint8Array({ maxLength: 40 }),
    numbers: fc.array(fc.double(), { maxLength: 90 }),
    texts,
    lengths: fc.array(uint32, { maxLength: 20 }),
    shown: texts,
    firedRules: texts,
    segments: texts,
    propensity: fc.double(),
    rolloutId: text,
  },
  { requiredKeys: [] },
);
const decoder = new PredictionDecoder();
const decoded = (bytes: Uint8Array) => {
  const found = decoder.decode(bytes);
  const { predictionId, occurredAtMs, model, version, variant, segment, segments, status, schemaId, shown } = found;
  const { numbers, numberCount, texts, textCount, lengths, lengthCount } = found;
  return {
    ...{ predictionId, occurredAtMs, model, version, variant, segment, segments, status, schemaId, shown },
    numbers: Array.from(numbers).slice(0, numberCount),
    texts: Array.from(texts).slice(0, textCount),
    lengths: Array.from(lengths).slice(0, lengthCount),
  };
};
const generated = (bytes: Uint8Array) => {
  const { occurredAtMs, numbers, texts, lengths, ...others }: Prediction = fromBinary(PredictionSchema, bytes);
  const { predictionId, model, version, variant, segment, segments, status, schemaId, shown } = others;
  return {
    ...{ predictionId, occurredAtMs: Number(occurredAtMs), model, version, variant, segment, segments, status, shown },
    ...{ schemaId: Buffer.from(schemaId).toString('hex'), numbers, texts, lengths },
  };
};
const outcomeOf = (work: () => object) => {
  try {
    return work();
  } catch {
    return 'refused';
  }
};

describe('PredictionDecoder', () => {
  it('decodes what the generated decoder decodes, for all records', () => {
    fc.assert(
      fc.property(record, (fields) => {
        const bytes = toBinary(PredictionSchema, create(PredictionSchema, fields));
        expect(decoded(bytes)).toEqual(generated(bytes));
      }),
      { numRuns: 500 },
    );
  });

  it('agrees with it on bytes that are cut, spoilt, or of two records', () => {
    const spoilt = fc
      .tuple(record, record, fc.nat(400), fc.nat(255), fc.boolean())
      .map(([fields, others, at, byte, cut]) => {
        const parts = [fields, others].map((some) => toBinary(PredictionSchema, create(PredictionSchema, some)));
        const bytes = Buffer.concat(cut ? parts.slice(0, 1) : parts);
        if (bytes.length === 0) return bytes;
        bytes[at % bytes.length] = byte;
        return cut ? bytes.subarray(0, (at * 7) % bytes.length) : bytes;
      });
    fc.assert(
      fc.property(spoilt, (bytes) => {
        expect(outcomeOf(() => decoded(bytes))).toEqual(outcomeOf(() => generated(bytes)));
      }),
      { numRuns: 600 },
    );
  });
});
