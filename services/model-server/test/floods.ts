import { create, toBinary } from '@bufbuild/protobuf';
import { ModelInferRequestSchema } from '@vinaigrette/contracts/inference';
import { FLAG, FRAME, frame, numbersFrame, PREFACE, SETTING, settingsFrame } from '../src/adapters/http2/frames.js';
import { headerBlock } from '../src/adapters/http2/hpack.js';
import type { Chance } from './mutations.js';
import type { InferInit } from './running-server.js';

/** What somebody sends on a connection of HTTP/2 to wear the server out. Each is legal, or legal for a while. */
export interface Flood {
  what: string;
  bytes: Buffer;
}

const INFER = '/inference.GRPCInferenceService/ModelInfer';
const HEALTH = '/grpc.health.v1.Health/Check';
const { endHeaders, endStream } = FLAG;
const CANCEL = 8;
/** `adder` of [1, 1], in gRPC's frame. */
const QUESTION = framed({ modelName: 'adder', inputs: [{ name: 'x', datatype: 'FP32', shape: [1n, 2n], contents: { fp32Contents: [1, 1] } }] }); // prettier-ignore

function framed(question: InferInit): Buffer {
  const message = toBinary(ModelInferRequestSchema, create(ModelInferRequestSchema, question));
  const prefix = Buffer.alloc(5);
  prefix.writeUInt32BE(message.length, 1);
  return Buffer.concat([prefix, message]);
}

const headersOf = (path: string): Record<string, string> => ({
  ':method': 'POST',
  ':scheme': 'http',
  ':path': path,
  ':authority': 'here',
  'content-type': 'application/grpc',
  te: 'trailers',
});
const open = (id: number, flags: number = endHeaders, path = INFER): Buffer =>
  frame(FRAME.headers, flags, id, headerBlock(headersOf(path)));
const ask = (id: number): Buffer => Buffer.concat([open(id), frame(FRAME.data, endStream, id, QUESTION)]);

const GREETING = [PREFACE, settingsFrame([])];
const times = (count: number, make: (index: number) => Buffer): Buffer[] =>
  Array.from({ length: count }, (_, index) => make(index));
const idOf = (index: number): number => 1 + 2 * index;
const PING = frame(FRAME.ping, 0, 0, Buffer.alloc(8));

/** Each of the known ones, `size` frames long. */
export function floods(size: number): Flood[] {
  const flood = (what: string, ...bytes: Buffer[]): Flood => ({ what, bytes: Buffer.concat(bytes) });
  const big = headerBlock({ ...headersOf(INFER), big: 'x'.repeat(3_000) });
  // The same big header, once put into the table and then named by one byte each time (a bomb of HPACK).
  const bomb = Buffer.concat([Buffer.from([0x40]), headerBlock({ b: 'x'.repeat(4_000) }).subarray(1), Buffer.alloc(16_000, 0xbe)]); // prettier-ignore
  return [
    flood('settings', ...GREETING, ...times(size, () => settingsFrame([[SETTING.initialWindowSize, 65_535]]))),
    flood('pings', ...GREETING, ...times(size, () => PING)),
    flood('calls reset at once', ...GREETING, ...times(size, (index) => Buffer.concat([open(idOf(index)), numbersFrame(FRAME.reset, idOf(index), CANCEL)]))), // prettier-ignore
    flood('questions reset at once', ...GREETING, ...times(size, (index) => Buffer.concat([ask(idOf(index)), numbersFrame(FRAME.reset, idOf(index), CANCEL)]))), // prettier-ignore
    flood('calls behind the front reset at once', ...GREETING, ...times(size / 10, (index) => Buffer.concat([open(idOf(index), endHeaders, HEALTH), numbersFrame(FRAME.reset, idOf(index), CANCEL)]))), // prettier-ignore
    flood('headers that are continued', ...GREETING, open(1, 0), ...times(size, () => frame(FRAME.continuation, 0, 1, Buffer.alloc(0)))), // prettier-ignore
    flood('large headers', ...GREETING, ...times(size / 10, (index) => frame(FRAME.headers, endHeaders, idOf(index), big))), // prettier-ignore
    flood('a bomb of headers', ...GREETING, ...times(10, (index) => frame(FRAME.headers, endHeaders, idOf(index), bomb))), // prettier-ignore
    flood('no room for answers', PREFACE, settingsFrame([[SETTING.initialWindowSize, 0]]), ...times(size / 10, (index) => ask(idOf(index)))), // prettier-ignore
    flood('room by the byte', PREFACE, settingsFrame([[SETTING.initialWindowSize, 0]]), ask(1), ...times(size, () => numbersFrame(FRAME.windowUpdate, 1, 1))), // prettier-ignore
    flood('data without bytes', ...GREETING, open(1), ...times(size, () => frame(FRAME.data, 0, 1, Buffer.alloc(0)))),
    flood('only padding', ...GREETING, open(1), ...times(size / 10, () => frame(FRAME.data, FLAG.padded, 1, Buffer.alloc(256, 255)))), // prettier-ignore
    flood('messages without end', ...GREETING, ...times(size / 10, (index) => Buffer.concat([open(idOf(index)), frame(FRAME.data, 0, idOf(index), Buffer.alloc(1)), PING, frame(99, 0, 0, Buffer.alloc(2_000))]))), // prettier-ignore
    flood('priorities', ...GREETING, ...times(size, (index) => frame(FRAME.priority, 0, idOf(index), Buffer.from([0, 0, 0, 0, 1])))), // prettier-ignore
    flood('farewells', ...GREETING, ...times(size, () => numbersFrame(FRAME.goaway, 0, 0, 0))),
  ];
}

/** A right exchange of three questions, with some of it changed, left out, said twice, or out of order. */
export function mutatedExchange(chance: Chance): Buffer {
  const frames = [...GREETING, ask(1), ask(3), numbersFrame(FRAME.windowUpdate, 0, 100), ask(5), PING];
  for (let count = 1 + chance(3); count > 0; count--) {
    const at = chance(frames.length);
    const one = frames[at] as Buffer;
    switch (chance(6)) {
      case 0:
        frames.splice(at, 1);
        break;
      case 1:
        frames.splice(at, 0, one);
        break;
      case 2:
        frames.push(...frames.splice(at, 1));
        break;
      case 3:
        frames[at] = one.subarray(0, chance(one.length));
        break;
      default: {
        const changed = Buffer.from(one);
        changed[chance(changed.length)] = chance(256);
        frames[at] = changed;
      }
    }
    if (frames.length === 0) frames.push(PREFACE);
  }
  const all = Buffer.concat(frames);
  return chance(4) === 0 ? all.subarray(0, chance(all.length)) : all;
}
