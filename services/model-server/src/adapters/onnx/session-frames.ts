import { datatypes, decodeRaw, encodeRaw, type Datatype } from '@vinaigrette/signature';
import type { Tensors } from '../../domain/batch.js';
import type { FromSession, ToSession } from './session-messages.js';

/**
 * Messages on a byte stream between a server and its own child, so both ends are one build: a frame is its length
 * (uint32, little-endian), its kind (1 byte) and its body. `run` and `answer` carry tensors as bytes; the rest is JSON.
 */
const JSON_KIND = 0;
const RUN_KIND = 1;
const ANSWER_KIND = 2;
const HEAD_BYTES = 5;

type Message = ToSession | FromSession;

export function encodeFrame(message: Message): Buffer {
  if (message.kind === 'run') return tensorsFrame(RUN_KIND, message.inputs, 0);
  if (message.kind === 'answer') return tensorsFrame(ANSWER_KIND, message.outputs, message.memoryMb);
  const json = JSON.stringify(message);
  const frame = Buffer.allocUnsafe(HEAD_BYTES + Buffer.byteLength(json));
  writeHead(frame, JSON_KIND);
  frame.write(json, HEAD_BYTES);
  return frame;
}

/** Cuts a stream into messages. Call with each chunk as it comes; answers the messages that are whole by now. */
export class FrameReader<T extends Message> {
  private pieces: Buffer[] = [];
  private bytes = 0;

  read(chunk: Buffer): T[] {
    this.pieces.push(chunk);
    this.bytes += chunk.length;
    const messages: T[] = [];
    for (let frame = this.takeFrame(); frame; frame = this.takeFrame()) messages.push(decodeFrame(frame) as T);
    return messages;
  }

  private takeFrame(): Buffer | undefined {
    if (this.bytes < HEAD_BYTES) return undefined;
    if ((this.pieces[0] as Buffer).length < HEAD_BYTES) this.pieces = [Buffer.concat(this.pieces)];
    const length = (this.pieces[0] as Buffer).readUInt32LE(0);
    if (this.bytes < length) return undefined;
    const whole = this.pieces.length === 1 ? (this.pieces[0] as Buffer) : Buffer.concat(this.pieces);
    this.pieces = whole.length > length ? [whole.subarray(length)] : [];
    this.bytes = whole.length - length;
    return whole.subarray(0, length);
  }
}

function decodeFrame(frame: Buffer): Message {
  const kind = frame[4];
  if (kind === JSON_KIND) return JSON.parse(frame.toString('utf8', HEAD_BYTES)) as Message;
  const memoryMb = frame.readUInt32LE(HEAD_BYTES);
  const tensors = readTensors(frame, HEAD_BYTES + 4);
  return kind === RUN_KIND ? { kind: 'run', inputs: tensors } : { kind: 'answer', outputs: tensors, memoryMb };
}

function writeHead(frame: Buffer, kind: number): void {
  frame.writeUInt32LE(frame.length, 0);
  frame[4] = kind;
}

/** Each tensor: name length (2 bytes), name, datatype (1), rank (1), dimensions (4 each), length (4), raw bytes. */
function tensorsFrame(kind: number, tensors: Tensors, memoryMb: number): Buffer {
  const entries = Object.entries(tensors).map(([name, tensor]) => {
    const raw = encodeRaw(tensor);
    const bytes = 2 + Buffer.byteLength(name) + 2 + 4 * tensor.shape.length + 4 + raw.length;
    return { name, tensor, raw, bytes };
  });
  const frame = Buffer.allocUnsafe(entries.reduce((sum, { bytes }) => sum + bytes, HEAD_BYTES + 4));
  writeHead(frame, kind);
  let at = frame.writeUInt32LE(memoryMb, HEAD_BYTES);
  for (const { name, tensor, raw } of entries) {
    at = frame.writeUInt16LE(Buffer.byteLength(name), at);
    at += frame.write(name, at);
    at = frame.writeUInt8(datatypes.indexOf(tensor.datatype), at);
    at = frame.writeUInt8(tensor.shape.length, at);
    for (const size of tensor.shape) at = frame.writeUInt32LE(size, at);
    at = frame.writeUInt32LE(raw.length, at);
    frame.set(raw, at);
    at += raw.length;
  }
  return frame;
}

function readTensors(frame: Buffer, from: number): Tensors {
  const tensors: [string, Tensors[string]][] = [];
  let at = from;
  while (at < frame.length) {
    const nameEnd = at + 2 + frame.readUInt16LE(at);
    const name = frame.toString('utf8', at + 2, nameEnd);
    const datatype = datatypes[frame.readUInt8(nameEnd)] as Datatype;
    const rank = frame.readUInt8(nameEnd + 1);
    const shape = Array.from({ length: rank }, (_, axis) => frame.readUInt32LE(nameEnd + 2 + 4 * axis));
    at = nameEnd + 2 + 4 * rank;
    const end = at + 4 + frame.readUInt32LE(at);
    tensors.push([name, decodeRaw(datatype, shape, frame.subarray(at + 4, end), name)]);
    at = end;
  }
  return Object.fromEntries(tensors);
}
