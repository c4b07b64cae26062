import { fromBinary } from '@bufbuild/protobuf';
import { PredictionSchema } from '@vinaigrette/contracts/events';
import type { PackedValues } from '@vinaigrette/drift';

/** What counting needs of a prediction's record. `numbers` and `lengths` are valid until the next one is decoded. */
export interface DecodedPrediction extends PackedValues {
  predictionId: string;
  occurredAtMs: number;
  model: string;
  version: number;
  variant: string;
  segment: string;
  segments: string[];
  status: number;
  schemaId: Uint8Array;
  texts: string[];
  shown: string[];
}

/**
 * Decodes records of the topic `predictions`, made by hand for what counting needs: values are read in place, and texts
 * that come again are made once. Whatever is not written the usual way goes through the generated decoder, so the answer
 * is always that of the contract. Not re-entrant.
 */
export class PredictionDecoder {
  private readonly texts = new KnownTexts();
  private numbers = new Float64Array(64);
  private lengths = new Uint32Array(16);
  private bytes: Buffer = NO_BYTES;
  private at = 0;

  /** Throws when the bytes are no Prediction. */
  decode(bytes: Uint8Array): DecodedPrediction {
    return this.decodeUsual(bytes) ?? decodeGenerated(bytes);
  }

  /** undefined: not written as every encoder writes it, or not at all. */
  private decodeUsual(bytes: Uint8Array): DecodedPrediction | undefined {
    const end = bytes.length;
    this.bytes = Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, end);
    this.at = 0;
    // Written out, all fields at once: this is made for every record.
    const found: DecodedPrediction = {
      predictionId: '',
      occurredAtMs: 0,
      model: '',
      version: 0,
      variant: '',
      segment: '',
      segments: [],
      status: 0,
      schemaId: NO_BYTES,
      shown: [],
      numbers: this.numbers,
      numberCount: 0,
      texts: [],
      textCount: 0,
      lengths: this.lengths,
      lengthCount: 0,
    };
    while (this.at < end) {
      const tag = this.varint();
      const wireType = tag & 7;
      if (wireType === VARINT) {
        const value = this.varint();
        if (!NUMBERS.has(tag >>> 3) || !(value <= Number.MAX_SAFE_INTEGER)) return undefined;
        if (tag >>> 3 === 2) found.occurredAtMs = value;
        else if (value > 0xffff_ffff) return undefined;
        else if (tag >>> 3 === 6) found.version = value;
        else if (tag >>> 3 === 12) found.status = value;
      } else if (wireType === LENGTH) {
        const length = this.varint();
        const start = this.at;
        this.at = start + length;
        if (!(this.at <= end) || !this.take(found, tag >>> 3, start, this.at)) return undefined;
      } else if (wireType === FIXED64 && tag >>> 3 === 22) {
        this.at += 8;
      } else {
        return undefined;
      }
    }
    return this.at === end ? found : undefined;
  }

  /** A field with a length; false: not as usual. */
  private take(found: DecodedPrediction, field: number, from: number, to: number): boolean {
    switch (field) {
      case 1:
        // Never comes again: not worth a place among the known.
        found.predictionId = isAscii(this.bytes, from, to)
          ? this.bytes.toString('latin1', from, to)
          : this.texts.read(this.bytes, from, to);
        return true;
      case 5:
        found.model = this.texts.read(this.bytes, from, to);
        return true;
      case 7:
        found.variant = this.texts.read(this.bytes, from, to);
        return true;
      case 11:
        found.segment = this.texts.read(this.bytes, from, to);
        return true;
      case 15:
        found.schemaId = this.bytes.subarray(from, to);
        return true;
      case 16:
        return this.takeNumbers(found, from, to);
      case 17:
        found.texts.push(this.texts.read(this.bytes, from, to));
        found.textCount += 1;
        return true;
      case 18:
        return this.takeLengths(found, from, to);
      case 19:
        found.shown.push(this.texts.read(this.bytes, from, to));
        return true;
      case 21:
        found.segments.push(this.texts.read(this.bytes, from, to));
        return true;
      default:
        // The contract's texts are UTF-8, also those nobody reads here.
        return PASSED_OVER.has(field) && isAscii(this.bytes, from, to);
    }
  }

  private takeNumbers(found: DecodedPrediction, from: number, to: number): boolean {
    if ((to - from) % 8 !== 0 || found.numberCount > 0) return false;
    const count = (to - from) / 8;
    if (count > this.numbers.length) found.numbers = this.numbers = new Float64Array(2 * count);
    const view = new DataView(this.bytes.buffer, this.bytes.byteOffset + from, to - from);
    for (let index = 0; index < count; index++) this.numbers[index] = view.getFloat64(8 * index, true);
    found.numberCount = count;
    return true;
  }

  private takeLengths(found: DecodedPrediction, from: number, to: number): boolean {
    if (found.lengthCount > 0) return false;
    for (this.at = from; this.at < to;) {
      const length = this.varint();
      if (!(length <= 0xffff_ffff) || found.lengthCount === this.lengths.length) return false;
      this.lengths[found.lengthCount++] = length;
    }
    return this.at === to;
  }

  /** NaN when the bytes end within it, or it is longer than 8 bytes. */
  private varint(): number {
    let byte = this.bytes[this.at++] as number;
    if (byte < 128) return byte;
    let [value, weight] = [byte & 127, 128];
    for (let count = 1; count < 8; count++) {
      byte = this.bytes[this.at++] as number;
      value += (byte & 127) * weight;
      if (byte < 128) return value;
      weight *= 128;
    }
    return NaN;
  }
}

const VARINT = 0;
const FIXED64 = 1;
const LENGTH = 2;
const NO_BYTES = Buffer.alloc(0);
/** Fields that are whole numbers, and those with a length that counting does not need. */
const NUMBERS = new Set([2, 4, 6, 9, 12, 14]);
const PASSED_OVER = new Set([3, 8, 10, 13, 20, 23]);

function decodeGenerated(bytes: Uint8Array): DecodedPrediction {
  const { predictionId, occurredAtMs, model, version, variant, segment, segments, status, schemaId, shown, ...values } =
    fromBinary(PredictionSchema, bytes);
  const { numbers, texts, lengths } = values;
  return {
    ...{ predictionId, occurredAtMs: Number(occurredAtMs), model, version, variant, segment, segments, status },
    ...{ schemaId, shown, numbers, numberCount: numbers.length, texts, textCount: texts.length },
    ...{ lengths, lengthCount: lengths.length },
  };
}

/** Most texts of a log come again and again: each is made once, as long as its place in the table is not taken. */
class KnownTexts {
  private readonly table = new Array<string>(4_096).fill('');
  private readonly decoder = new TextDecoder('utf-8', { fatal: true });

  read(bytes: Buffer, from: number, to: number): string {
    let hash = to - from;
    for (let at = from; at < to; at++) {
      const byte = bytes[at] as number;
      if (byte > 127) return this.decoder.decode(bytes.subarray(from, to));
      hash = (Math.imul(hash, 31) + byte) | 0;
    }
    const place = (hash ^ (hash >>> 12)) & 4_095;
    const known = this.table[place] as string;
    if (isText(known, bytes, from, to)) return known;
    const text = bytes.toString('latin1', from, to);
    this.table[place] = text;
    return text;
  }
}

function isAscii(bytes: Uint8Array, from: number, to: number): boolean {
  for (let at = from; at < to; at++) if ((bytes[at] as number) > 127) return false;
  return true;
}

function isText(text: string, bytes: Uint8Array, from: number, to: number): boolean {
  if (text.length !== to - from) return false;
  for (let at = 0; at < text.length; at++) if (text.charCodeAt(at) !== bytes[from + at]) return false;
  return true;
}
