import { fromBinary } from '@bufbuild/protobuf';
import { PredictionSchema } from '@vinaigrette/contracts/events';
import type { PackedValues } from '@vinaigrette/drift';

/** What counting needs of a prediction's record; all of it is valid until the next one is decoded. */
export interface DecodedPrediction extends PackedValues {
  readonly predictionId: string;
  occurredAtMs: number;
  model: string;
  version: number;
  variant: string;
  segment: string;
  segments: readonly string[];
  status: number;
  /** Lower-case hex; empty: nothing was predicted. */
  schemaId: string;
  texts: readonly string[];
  shown: readonly string[];
}

/**
 * Decodes records of the topic `predictions`, made by hand for what counting needs: each byte is looked at once, numbers
 * go where the last record's were, and a text that comes again is not made again. Whatever is not written the usual way
 * goes through the generated decoder, so the answer is always that of the contract. Not re-entrant.
 */
export class PredictionDecoder {
  private readonly usual = new UsualPrediction();

  /** Throws when the bytes are no Prediction. */
  decode(bytes: Uint8Array): DecodedPrediction {
    return this.usual.read(bytes) ? this.usual : decodeGenerated(bytes);
  }
}

const VARINT = 0;
const FIXED64 = 1;
const LENGTH = 2;
const NEVER = 255;
/** How every encoder writes a field, by its number. */
const wireTypes = Uint8Array.of(
  ...[NEVER, LENGTH, VARINT, LENGTH, VARINT, LENGTH, VARINT, LENGTH, LENGTH, VARINT, LENGTH, LENGTH],
  ...[VARINT, LENGTH, VARINT, LENGTH, LENGTH, LENGTH, LENGTH, LENGTH, LENGTH, LENGTH, FIXED64, LENGTH],
);
const NO_TEXTS: readonly string[] = [];
const NO_BYTES = new Uint8Array();
/** Which half of a double this machine's memory begins with: the log begins with the lower one. */
const LOWER = new Uint8Array(Uint32Array.of(1).buffer)[0] === 1 ? 0 : 1;

/** The record at hand: filled anew for each. */
class UsualPrediction implements DecodedPrediction {
  occurredAtMs = 0;
  model = '';
  version = 0;
  variant = '';
  segment = '';
  segments: readonly string[] = NO_TEXTS;
  status = 0;
  schemaId = '';
  shown: readonly string[] = NO_TEXTS;
  numbers = new Float64Array(64);
  numberCount = 0;
  readonly texts: string[] = [];
  textCount = 0;
  readonly lengths = new Uint32Array(64);
  lengthCount = 0;

  private bytes: Uint8Array = NO_BYTES;
  private at = 0;
  private idFrom = 0;
  private idTo = 0;
  private halves = new Uint32Array(this.numbers.buffer);
  private readonly known = new KnownTexts();
  private lastSchemaId = NO_BYTES;
  private lastSchemaIdText = '';

  /** Never comes again, and few ask for it: made when they do. */
  get predictionId(): string {
    return asciiOf(this.bytes, this.idFrom, this.idTo);
  }

  /** False: not written as every encoder writes it, or not at all; what stands here then is of no use. */
  read(bytes: Uint8Array): boolean {
    this.clear(bytes);
    const end = bytes.length;
    while (this.at < end) {
      const tag = this.varint();
      const field = tag >>> 3;
      const wireType = tag & 7;
      if (wireTypes[field] !== wireType) return false;
      if (wireType === FIXED64) {
        this.at += 8;
        continue;
      }
      const value = this.varint();
      if (wireType === VARINT) {
        if (!this.takeNumber(field, value)) return false;
      } else {
        const from = this.at;
        const to = from + value;
        if (!(to <= end) || !this.takeBytes(field, from, to)) return false;
        this.at = to;
      }
    }
    return this.at === end;
  }

  private clear(bytes: Uint8Array): void {
    this.bytes = bytes;
    this.at = this.idFrom = this.idTo = 0;
    this.occurredAtMs = this.version = this.status = 0;
    this.model = this.variant = this.segment = this.schemaId = '';
    this.segments = this.shown = NO_TEXTS;
    this.numberCount = this.textCount = this.lengthCount = 0;
  }

  private takeNumber(field: number, value: number): boolean {
    if (!(value <= (field === 2 ? Number.MAX_SAFE_INTEGER : 0xffff_ffff))) return false;
    if (field === 2) this.occurredAtMs = value;
    else if (field === 6) this.version = value;
    else if (field === 12) this.status = value;
    return true;
  }

  private takeBytes(field: number, from: number, to: number): boolean {
    const { bytes, known } = this;
    switch (field) {
      case 1:
        this.idFrom = from;
        this.idTo = to;
        return isAscii(bytes, from, to);
      case 5:
        this.model = known.read(bytes, from, to);
        return true;
      case 7:
        this.variant = known.read(bytes, from, to);
        return true;
      case 11:
        this.segment = known.read(bytes, from, to);
        return true;
      case 15:
        return this.takeSchemaId(from, to);
      case 16:
        return this.takeNumbers(from, to);
      case 17:
        this.texts[this.textCount++] = known.read(bytes, from, to);
        return true;
      case 18:
        return this.takeLengths(from, to);
      case 19:
        this.shown = withText(this.shown, known.read(bytes, from, to));
        return true;
      case 21:
        this.segments = withText(this.segments, known.read(bytes, from, to));
        return true;
      default:
        // The contract's texts are UTF-8, also those nobody reads here.
        return isAscii(bytes, from, to);
    }
  }

  private takeSchemaId(from: number, to: number): boolean {
    if (!isSame(this.lastSchemaId, this.bytes, from, to)) {
      // A copy: the bytes may be a view into a large block.
      this.lastSchemaId = Uint8Array.from(this.bytes.subarray(from, to));
      this.lastSchemaIdText = Buffer.from(this.lastSchemaId).toString('hex');
    }
    this.schemaId = this.lastSchemaIdText;
    return true;
  }

  private takeNumbers(from: number, to: number): boolean {
    const count = (to - from) / 8;
    if (!Number.isInteger(count) || this.numberCount > 0) return false;
    if (count > this.numbers.length) {
      this.numbers = new Float64Array(2 * count);
      this.halves = new Uint32Array(this.numbers.buffer);
    }
    const { bytes, halves } = this;
    for (let at = from, half = 0; at < to; at += 8, half += 2) {
      halves[half + LOWER] = fourBytes(bytes, at);
      halves[half + 1 - LOWER] = fourBytes(bytes, at + 4);
    }
    this.numberCount = count;
    return true;
  }

  private takeLengths(from: number, to: number): boolean {
    if (this.lengthCount > 0) return false;
    for (this.at = from; this.at < to;) {
      const length = this.varint();
      if (!(length <= 0xffff_ffff) || this.lengthCount === this.lengths.length) return false;
      this.lengths[this.lengthCount++] = length;
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

function decodeGenerated(bytes: Uint8Array): DecodedPrediction {
  const { predictionId, occurredAtMs, model, version, variant, segment, segments, status, schemaId, shown, ...values } =
    fromBinary(PredictionSchema, bytes);
  const { numbers, texts, lengths } = values;
  return {
    ...{ predictionId, occurredAtMs: Number(occurredAtMs), model, version, variant, segment, segments, status },
    ...{ schemaId: Buffer.from(schemaId).toString('hex'), shown },
    ...{ numbers, numberCount: numbers.length, texts, textCount: texts.length, lengths, lengthCount: lengths.length },
  };
}

/** Most texts of a log come again and again: each is made once, as long as its place in the table is not taken. */
class KnownTexts {
  private readonly table = new Array<string>(4_096).fill('');
  private readonly decoder = new TextDecoder('utf-8', { fatal: true });

  read(bytes: Uint8Array, from: number, to: number): string {
    let hash = to - from;
    for (let at = from; at < to; at++) {
      const byte = bytes[at] as number;
      if (byte > 127) return this.decoder.decode(bytes.subarray(from, to));
      hash = (Math.imul(hash, 31) + byte) | 0;
    }
    const place = (hash ^ (hash >>> 12)) & 4_095;
    const known = this.table[place] as string;
    if (isText(known, bytes, from, to)) return known;
    return (this.table[place] = asciiOf(bytes, from, to));
  }
}

const withText = (texts: readonly string[], text: string) => (texts === NO_TEXTS ? [text] : [...texts, text]);

/** Four bytes as a whole number, the lowest first; negative from 2^31 up. */
function fourBytes(bytes: Uint8Array, at: number): number {
  const [a, b, c, d] = [bytes[at]!, bytes[at + 1]!, bytes[at + 2]!, bytes[at + 3]!];
  return a | (b << 8) | (c << 16) | (d << 24);
}

const asciiOf = (bytes: Uint8Array, from: number, to: number): string =>
  Buffer.from(bytes.buffer, bytes.byteOffset + from, to - from).toString('latin1');

function isAscii(bytes: Uint8Array, from: number, to: number): boolean {
  let bits = 0;
  for (let at = from; at < to; at++) bits |= bytes[at] as number;
  return bits < 128;
}

function isText(text: string, bytes: Uint8Array, from: number, to: number): boolean {
  if (text.length !== to - from) return false;
  for (let at = 0; at < text.length; at++) if (text.charCodeAt(at) !== bytes[from + at]) return false;
  return true;
}

function isSame(known: Uint8Array, bytes: Uint8Array, from: number, to: number): boolean {
  if (known.length !== to - from) return false;
  for (let at = 0; at < known.length; at++) if (known[at] !== bytes[from + at]) return false;
  return true;
}
