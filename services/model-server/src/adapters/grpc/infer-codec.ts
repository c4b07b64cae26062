import { fromBinary, toBinary } from '@bufbuild/protobuf';
import {
  ModelInferRequestSchema,
  ModelInferResponseSchema,
  type ModelInferRequest,
  type ModelInferRequest_InferInputTensor,
  type ModelInferRequest_InferRequestedOutputTensor,
  type ModelInferResponse,
} from '@vinaigrette/contracts/inference';

/**
 * ModelInfer's two messages in the form nearly every call has (raw contents, no parameters), read and written by hand:
 * half of what the generated code costs. Any other form, and any doubt, is left to the generated code, so that the two
 * answer alike for all bytes.
 */

/** Throws as the generated code does when the bytes are no ModelInferRequest. */
export function decodeInferRequest(bytes: Uint8Array): ModelInferRequest {
  return new PlainReader(bytes).request() ?? fromBinary(ModelInferRequestSchema, bytes);
}

/** Whom a request is addressed to, when it says so first, as nearly every one does; undefined: it has to be read. */
export function addressOf(bytes: Uint8Array): { model: string; version: string } | undefined {
  return new PlainReader(bytes).address();
}

export function encodeInferResponse(response: ModelInferResponse): Uint8Array {
  return isPlain(response) ? writeResponse(response) : toBinary(ModelInferResponseSchema, response);
}

/** A tag of the wire format: the field's number, and that its value is length-delimited. */
const tag = (field: number): number => (field << 3) | 2;
const SHAPE_UNPACKED = 3 << 3;

/** Reads until something is not plain: then every answer is undefined. */
class PlainReader {
  private at = 0;
  private plain = true;
  private readonly buffer: Buffer;

  constructor(bytes: Uint8Array) {
    this.buffer = Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  request(): ModelInferRequest | undefined {
    const request: ModelInferRequest = {
      $typeName: 'inference.ModelInferRequest',
      modelName: '',
      modelVersion: '',
      id: '',
      parameters: {},
      inputs: [],
      outputs: [],
      rawInputContents: [],
    };
    while (this.plain && this.at < this.buffer.length) {
      const field = this.varint();
      const end = this.lengthEnd(this.buffer.length);
      if (field === tag(7)) request.rawInputContents.push(this.bytes(end));
      else if (field === tag(5)) request.inputs.push(this.input(end));
      else if (field === tag(6)) request.outputs.push(this.output(end));
      else if (field === tag(1)) request.modelName = this.text(end);
      else if (field === tag(2)) request.modelVersion = this.text(end);
      else if (field === tag(3)) request.id = this.text(end);
      else this.plain = false;
    }
    return this.plain ? request : undefined;
  }

  address(): { model: string; version: string } | undefined {
    const model = this.buffer[0] === tag(1) ? this.field() : '';
    const version = this.buffer[this.at] === tag(2) ? this.field() : '';
    return this.plain ? { model, version } : undefined;
  }

  private field(): string {
    this.at++;
    return this.text(this.lengthEnd(this.buffer.length));
  }

  private input(end: number): ModelInferRequest_InferInputTensor {
    const input: ModelInferRequest_InferInputTensor = {
      $typeName: 'inference.ModelInferRequest.InferInputTensor',
      name: '',
      datatype: '',
      shape: [],
      parameters: {},
    };
    while (this.plain && this.at < end) {
      const field = this.varint();
      if (field === SHAPE_UNPACKED) {
        input.shape.push(BigInt(this.varint()));
        continue;
      }
      const valueEnd = this.lengthEnd(end);
      if (field === tag(1)) input.name = this.text(valueEnd);
      else if (field === tag(2)) input.datatype = this.text(valueEnd);
      else if (field === tag(3)) while (this.plain && this.at < valueEnd) input.shape.push(BigInt(this.varint()));
      else this.plain = false;
      if (this.at !== valueEnd) this.plain = false;
    }
    if (this.at !== end) this.plain = false;
    return input;
  }

  private output(end: number): ModelInferRequest_InferRequestedOutputTensor {
    const output: ModelInferRequest_InferRequestedOutputTensor = {
      $typeName: 'inference.ModelInferRequest.InferRequestedOutputTensor',
      name: '',
      parameters: {},
    };
    while (this.plain && this.at < end) {
      const field = this.varint();
      const valueEnd = this.lengthEnd(end);
      if (field === tag(1)) output.name = this.text(valueEnd);
      else this.plain = false;
    }
    return output;
  }

  /** Up to four bytes: 2^28 is more than any length or dimension that is served. */
  private varint(): number {
    let value = 0;
    for (let shift = 0; shift < 28; shift += 7) {
      const byte = this.buffer[this.at++];
      if (byte === undefined) break;
      value |= (byte & 0x7f) << shift;
      if (byte < 0x80) return value;
    }
    this.plain = false;
    return 0;
  }

  /** The end of the value whose length comes next; not plain when that is beyond what it stands in. */
  private lengthEnd(within: number): number {
    const end = this.varint() + this.at;
    if (end > within) this.plain = false;
    return end;
  }

  private bytes(end: number): Uint8Array {
    const bytes = this.plain ? this.buffer.subarray(this.at, end) : this.buffer;
    this.at = end;
    return bytes;
  }

  /** ASCII only: whether other bytes are text is for the generated code to say. */
  private text(end: number): string {
    for (let at = this.at; this.plain && at < end; at++) if ((this.buffer[at] as number) >= 0x80) this.plain = false;
    const text = this.plain ? this.buffer.toString('latin1', this.at, end) : '';
    this.at = end;
    return text;
  }
}

/** Nothing in it that `writeResponse` does not write. */
function isPlain({ parameters, outputs, $unknown }: ModelInferResponse): boolean {
  return (
    isEmpty(parameters) &&
    $unknown === undefined &&
    outputs.every((output) => !output.contents && isEmpty(output.parameters) && output.$unknown === undefined)
  );
}

function isEmpty(map: object): boolean {
  for (const _ in map) return false;
  return true;
}

function writeResponse({ modelName, modelVersion, id, outputs, rawOutputContents }: ModelInferResponse): Uint8Array {
  const heads = outputs.map(({ name, datatype, shape }) => {
    const sizes = shape.map(Number);
    const shapeBytes = sizes.reduce((sum, size) => sum + varintBytes(size), 0);
    const packed = shapeBytes === 0 ? 0 : 1 + varintBytes(shapeBytes) + shapeBytes;
    return { name, datatype, sizes, shapeBytes, bytes: textBytes(name) + textBytes(datatype) + packed };
  });
  let length = textBytes(modelName) + textBytes(modelVersion) + textBytes(id);
  for (const { bytes } of heads) length += 1 + varintBytes(bytes) + bytes;
  for (const raw of rawOutputContents) length += 1 + varintBytes(raw.length) + raw.length;
  const writer = new Writer(Buffer.allocUnsafe(length));
  writer.text(1, modelName);
  writer.text(2, modelVersion);
  writer.text(3, id);
  for (const { name, datatype, sizes, shapeBytes, bytes } of heads) {
    writer.head(5, bytes);
    writer.text(1, name);
    writer.text(2, datatype);
    if (shapeBytes > 0) writer.head(3, shapeBytes);
    for (const size of sizes) writer.varint(size);
  }
  for (const raw of rawOutputContents) {
    writer.head(6, raw.length);
    writer.bytes(raw);
  }
  return writer.buffer;
}

/** A field is left out when it is empty, as proto3 wants it. */
function textBytes(text: string): number {
  if (text === '') return 0;
  const length = Buffer.byteLength(text);
  return 1 + varintBytes(length) + length;
}

function varintBytes(value: number): number {
  let bytes = 1;
  for (let rest = value; rest >= 0x80; rest = Math.floor(rest / 0x80)) bytes++;
  return bytes;
}

class Writer {
  private at = 0;
  constructor(readonly buffer: Buffer) {}

  varint(value: number): void {
    let rest = value;
    for (; rest >= 0x80; rest = Math.floor(rest / 0x80)) this.buffer[this.at++] = (rest % 0x80) | 0x80;
    this.buffer[this.at++] = rest;
  }

  head(field: number, length: number): void {
    this.buffer[this.at++] = tag(field);
    this.varint(length);
  }

  text(field: number, text: string): void {
    if (text === '') return;
    this.head(field, Buffer.byteLength(text));
    this.at += this.buffer.write(text, this.at);
  }

  bytes(bytes: Uint8Array): void {
    this.buffer.set(bytes, this.at);
    this.at += bytes.length;
  }
}
