import { fromBinary } from '@bufbuild/protobuf';
import { OutcomeSchema } from '@vinaigrette/contracts/events';
import type { Outcome } from '@vinaigrette/learning';

const VARINT = 0;
const FIXED64 = 1;
const LENGTH = 2;
const TEXTS = new Set([1, 2, 4, 5, 7]);
const DOUBLES = new Set([6, 8]);

/**
 * The fields of an Outcome that are learnt from, read in place: this is done for every record. What is not written as
 * every encoder writes it goes through the generated decoder, so the answer is always that of the contract. Throws when
 * it is none.
 */
export function decodeOutcome(body: Uint8Array): Outcome {
  const bytes = Buffer.isBuffer(body) ? body : Buffer.from(body.buffer, body.byteOffset, body.length);
  return decodeUsual(bytes) ?? decodeGenerated(bytes);
}

/** undefined: not of ASCII texts and times after 1970 in the contract's fields alone. */
function decodeUsual(bytes: Buffer): Outcome | undefined {
  const skus: string[] = [];
  const outcome: Outcome = { predictionId: '', atMs: 0, kind: '', skus, number: undefined };
  let at = 0;
  /** NaN when the bytes end within it, or it is longer than 7 bytes. */
  const varint = (): number => {
    let [value, weight] = [0, 1];
    for (let count = 0; count < 7; count++) {
      const byte = bytes[at++] as number;
      value += (byte & 127) * weight;
      if (byte < 128) return value;
      weight *= 128;
    }
    return NaN;
  };
  while (at < bytes.length) {
    const tag = bytes[at++] as number;
    const [field, wireType] = [tag >>> 3, tag & 7];
    if (wireType === LENGTH && TEXTS.has(field)) {
      const length = varint();
      const start = at;
      at += length;
      if (!(at <= bytes.length) || !isAscii(bytes, start, at)) return undefined;
      if (field === 2) outcome.predictionId = bytes.toString('latin1', start, at);
      else if (field === 4) outcome.kind = bytes.toString('latin1', start, at);
      else if (field === 5) skus.push(bytes.toString('latin1', start, at));
    } else if (wireType === VARINT && field === 3) {
      outcome.atMs = varint();
      if (Number.isNaN(outcome.atMs)) return undefined;
    } else if (wireType === FIXED64 && DOUBLES.has(field) && at + 8 <= bytes.length) {
      if (field === 6) outcome.number = bytes.readDoubleLE(at);
      at += 8;
    } else {
      return undefined;
    }
  }
  return outcome;
}

function decodeGenerated(bytes: Uint8Array): Outcome {
  const { predictionId, occurredAtMs, kind, skus, number } = fromBinary(OutcomeSchema, bytes);
  return { predictionId, atMs: Number(occurredAtMs), kind, skus, number };
}

function isAscii(bytes: Uint8Array, from: number, to: number): boolean {
  for (let at = from; at < to; at++) if ((bytes[at] as number) > 127) return false;
  return true;
}
