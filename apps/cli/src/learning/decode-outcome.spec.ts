import { create, fromBinary, toBinary } from '@bufbuild/protobuf';
import { describe, expect, it } from '@jest/globals';
import { OutcomeSchema } from '@vinaigrette/contracts/events';
import fc from 'fast-check';
import { decodeOutcome } from './decode-outcome.js';

const text = fc.oneof(fc.string({ maxLength: 40 }), fc.string({ unit: 'binary', maxLength: 8 }));
const record = fc.record(
  {
    ...{ outcomeId: text, predictionId: text, kind: text, skus: fc.array(text, { maxLength: 5 }), text },
    ...{ occurredAtMs: fc.bigInt({ min: -(2n ** 53n), max: 2n ** 53n }), number: fc.double(), revenue: fc.double() },
  },
  { requiredKeys: [] },
);

describe('decodeOutcome()', () => {
  it('decodes what the generated decoder decodes, for all records', () => {
    fc.assert(
      fc.property(record, (fields) => {
        const bytes = toBinary(OutcomeSchema, create(OutcomeSchema, fields));
        const { predictionId, occurredAtMs, kind, skus, number } = fromBinary(OutcomeSchema, bytes);
        expect(decodeOutcome(bytes)).toEqual({ predictionId, atMs: Number(occurredAtMs), kind, skus, number });
      }),
    );
  });

  it('refuses a text that is no UTF-8', () => {
    expect(() => decodeOutcome(Uint8Array.of(0x12, 2, 0xc3, 0x28))).toThrow();
  });
});
