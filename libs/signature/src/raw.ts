import { Problem } from '@vinaigrette/problems';
import type { Datatype } from './signature.js';
import { elementBytes, elementCount, type Tensor, type TensorData } from './tensor.js';

const utf8 = new TextDecoder('utf-8', { fatal: true });

/** The protocol's raw form: little-endian, row-major; an element of BYTES is its length as uint32, then UTF-8 text. */
export function encodeRaw(tensor: Tensor): Uint8Array {
  if (tensor.datatype === 'BYTES') return encodeStrings(tensor.data as readonly string[]);
  const data = tensor.data as Exclude<TensorData, readonly string[]>;
  return new Uint8Array(data.buffer, data.byteOffset, data.byteLength); // every platform Node runs on is little-endian
}

/** The inverse of `encodeRaw`. Throws SIGNATURE_MISMATCH when the bytes are not exactly a tensor of that shape. */
export function decodeRaw(datatype: Datatype, shape: readonly number[], bytes: Uint8Array, field = ''): Tensor {
  const count = elementCount(shape);
  if (datatype === 'BYTES') return { datatype, shape, data: decodeStrings(bytes, count, field) };
  const expected = count * elementBytes[datatype];
  if (bytes.byteLength !== expected) {
    throw new Problem(
      'SIGNATURE_MISMATCH',
      `${field} needs ${expected} bytes for ${datatype} [${shape.join(', ')}], not ${bytes.byteLength}`,
      { field },
    );
  }
  // A typed array needs its bytes aligned, which a piece of a gRPC message seldom is: copy. Not by slice(): a Buffer's
  // shares its memory, and would show the caller the start of Node's pool.
  const { buffer } = new Uint8Array(bytes);
  return { datatype, shape, data: viewOf(datatype, buffer) };
}

function viewOf(datatype: Exclude<Datatype, 'BYTES'>, buffer: ArrayBuffer): TensorData {
  const views = {
    BOOL: Uint8Array,
    UINT8: Uint8Array,
    UINT16: Uint16Array,
    UINT32: Uint32Array,
    UINT64: BigUint64Array,
    INT8: Int8Array,
    INT16: Int16Array,
    INT32: Int32Array,
    INT64: BigInt64Array,
    FP16: Uint16Array,
    FP32: Float32Array,
    FP64: Float64Array,
  } as const;
  return new views[datatype](buffer);
}

function encodeStrings(texts: readonly string[]): Uint8Array {
  const lengths = texts.map((text) => Buffer.byteLength(text));
  const bytes = Buffer.allocUnsafe(lengths.reduce((sum, length) => sum + 4 + length, 0));
  let at = 0;
  texts.forEach((text, index) => {
    at = bytes.writeUInt32LE(lengths[index] as number, at);
    at += bytes.write(text, at);
  });
  return bytes;
}

function decodeStrings(bytes: Uint8Array, count: number, field: string): string[] {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const refuse = (why: string): never => {
    throw new Problem('SIGNATURE_MISMATCH', `${field} is not ${count} length-prefixed texts: ${why}`, { field });
  };
  const texts: string[] = [];
  let at = 0;
  while (at < bytes.byteLength) {
    if (at + 4 > bytes.byteLength) refuse('it ends within a length');
    const length = buffer.readUInt32LE(at);
    at += 4;
    if (at + length > bytes.byteLength) refuse('it ends within a text');
    const end = at + length;
    texts.push(textOf(buffer, at, end) ?? refuse(`element ${texts.length} is not UTF-8`));
    at = end;
  }
  if (texts.length !== count) refuse(`it holds ${texts.length}`);
  return texts;
}

/** As `decodeText`, faster for what most texts are: empty, or a code of a few ASCII characters. */
function textOf(buffer: Buffer, start: number, end: number): string | undefined {
  if (start === end) return '';
  for (let at = start; at < end; at++) {
    if ((buffer[at] as number) > 0x7f) return decodeText(buffer.subarray(start, end));
  }
  return buffer.toString('latin1', start, end);
}

/** UTF-8 text, or undefined when the bytes are not. */
export function decodeText(bytes: Uint8Array): string | undefined {
  try {
    return utf8.decode(bytes);
  } catch {
    return undefined;
  }
}
