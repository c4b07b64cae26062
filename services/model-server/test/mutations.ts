import { create, toBinary } from '@bufbuild/protobuf';
import { ModelInferRequestSchema } from '@vinaigrette/contracts/inference';
import { datatypes } from '@vinaigrette/signature';
import type { InferInit } from './running-server.js';

/** Whole numbers from 0 up to and without `below`: the same for the same seed (mulberry32). */
export type Chance = (below: number) => number;

export function chanceOf(seed: number): Chance {
  let state = seed >>> 0;
  return (below) => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below;
  };
}

const PREFIX_BYTES = 5;
const LENGTHS = [0, 1, 4, 5, 255, 2 ** 16, 2 ** 24, 2 ** 26, 2 ** 26 + 1, 2 ** 31 - 1, 2 ** 31, 2 ** 32 - 1];
const SIZES = [-1n, -(2n ** 63n), 0n, 1n, 3n, 2n ** 26n, 2n ** 28n, 2n ** 31n, 2n ** 53n + 1n, 2n ** 63n - 1n];
const NAMES = ['', 'x', 'item', 'index', 'sum', '__proto__', 'constructor', 'a'.repeat(100_000), '\u0000', '🥗'];
const VERSIONS = ['', '1', '2', '0', '-1', '1e9', '01', 'latest', 'champion', '__proto__', 'v'.repeat(10_000)];

interface Request {
  modelName: string;
  inputs: object[];
  rawInputContents?: Uint8Array[];
}

/** Requests that are right, in each form: typed and raw contents, numbers and texts. */
function rightRequest(chance: Chance): Request {
  const x = { name: 'x', datatype: 'FP32', shape: [1n, 2n] };
  const item = { name: 'item', datatype: 'BYTES', shape: [1n, 1n] };
  const index = { name: 'index', datatype: 'INT64', shape: [1n] };
  const raw = (bytes: number[]) => [Uint8Array.from(bytes)];
  const forms: Request[] = [
    { modelName: 'adder', inputs: [{ ...x, contents: { fp32Contents: [1, 2] } }] },
    { modelName: 'adder', inputs: [x], rawInputContents: [new Uint8Array(8)] },
    { modelName: 'texts', inputs: [{ ...item, contents: { bytesContents: [Buffer.from('crème')] } }] },
    { modelName: 'texts', inputs: [item], rawInputContents: raw([2, 0, 0, 0, 111, 107]) },
    { modelName: 'prices', inputs: [{ ...index, contents: { int64Contents: [1n] } }] },
    { modelName: 'prices', inputs: [index], rawInputContents: raw([2, 0, 0, 0, 0, 0, 0, 0]) },
  ];
  return oneOf(chance, forms);
}

const oneOf = <T>(chance: Chance, values: readonly T[]): T => values[chance(values.length)] as T;
const bytesOf = (chance: Chance, most: number): Uint8Array =>
  Uint8Array.from({ length: chance(most) }, () => chance(256));
const onInput = (request: Request, change: object): Request => ({
  ...request,
  inputs: request.inputs.map((input) => ({ ...input, ...change })),
});

/** What is wrong in what a request says. */
const faults: ((request: Request, chance: Chance) => object)[] = [
  (request, chance) => ({ ...request, modelName: oneOf(chance, NAMES) }),
  (request, chance) => ({ ...request, modelVersion: oneOf(chance, VERSIONS) }),
  (request, chance) => onInput(request, { name: oneOf(chance, NAMES) }),
  (request, chance) => onInput(request, { datatype: oneOf(chance, [...datatypes, 'BF16', 'fp32', '']) }),
  (request, chance) => onInput(request, { shape: Array.from({ length: chance(5) }, () => oneOf(chance, SIZES)) }),
  (request) => onInput(request, { shape: new Array<bigint>(1_000).fill(1n) }),
  (request, chance) => ({ ...request, rawInputContents: [bytesOf(chance, 64)] }),
  (request, chance) => ({ ...request, rawInputContents: Array.from({ length: chance(4) }, () => bytesOf(chance, 20)) }),
  // A text that claims to be longer than everything.
  (request, chance) => {
    const claim = Buffer.alloc(12);
    claim.writeUInt32LE(oneOf(chance, LENGTHS));
    return { ...request, rawInputContents: [claim] };
  },
  (request, chance) =>
    onInput(request, { contents: { bytesContents: [bytesOf(chance, 20)], fp32Contents: [Number.NaN] } }),
  (request, chance) => onInput(request, { contents: { int64Contents: [BigInt(chance(2 ** 31)) - 2n ** 30n] } }),
  (request, chance) => ({
    ...request,
    inputs: new Array<object>(chance(50)).fill(request.inputs[0] ?? {}),
  }),
  (request, chance) => ({ ...request, outputs: [{ name: oneOf(chance, NAMES) }, { name: oneOf(chance, NAMES) }] }),
  (request, chance) => ({
    ...request,
    parameters: {
      [oneOf(chance, ['priority', 'timeout', 'sequence_id', '__proto__'])]: {
        parameterChoice: oneOf(chance, [
          { case: 'stringParam' as const, value: 'soon' },
          { case: 'int64Param' as const, value: -1n },
          { case: 'doubleParam' as const, value: Number.NaN },
          { case: 'uint64Param' as const, value: 2n ** 64n - 1n },
        ]),
      },
    },
  }),
];

/** What is wrong in the bytes of a message. */
const damages: ((message: Buffer, chance: Chance) => Buffer)[] = [
  (message, chance) => {
    for (let count = 1 + chance(8); count > 0; count--) message[chance(message.length)] = chance(256);
    return message;
  },
  (message, chance) => message.subarray(0, chance(message.length)),
  (message, chance) => Buffer.concat([message, bytesOf(chance, 40)]),
  (message, chance) => {
    const at = chance(message.length);
    return Buffer.concat([message.subarray(0, at), bytesOf(chance, 20), message.subarray(at)]);
  },
  // A field that nobody knows: a number, eight bytes, bytes, a group.
  (message, chance) => Buffer.concat([message, unknownField(chance)]),
  // Each of the fields that are bytes, said to be 2 GB long.
  (message, chance) => Buffer.concat([message, Buffer.from([(oneOf(chance, [1, 3, 5, 7]) << 3) | 2, ...TWO_GB])]),
  // Names that are not UTF-8.
  (message, chance) => Buffer.concat([message, Buffer.from([(oneOf(chance, [1, 2, 3]) << 3) | 2, 2, 0xc3, 0x28])]),
  (message) => Buffer.concat([message, message]),
];
const TWO_GB = [0xff, 0xff, 0xff, 0xff, 0x07];

function unknownField(chance: Chance): Buffer {
  const type = chance(8);
  const body = type === 2 ? [3, 1, 2, 3] : [...bytesOf(chance, 9)];
  return Buffer.from([0x80 | type | ((99 << 3) & 0x78), (99 >> 4) & 0x7f, ...body]);
}

/** What is wrong in the frame around a message: compressed or not (1 byte), its length (4 bytes), the message. */
const misframings: ((framed: Buffer, chance: Chance) => Buffer)[] = [
  (framed, chance) => {
    framed.writeUInt32BE(oneOf(chance, LENGTHS), 1);
    return framed;
  },
  (framed, chance) => {
    framed[0] = 1 + chance(255);
    return framed;
  },
  (framed, chance) => framed.subarray(0, chance(PREFIX_BYTES + 1)),
  (framed, chance) => framed.subarray(0, chance(framed.length)),
  (framed) => Buffer.concat([framed, framed]),
];

/** A call that is wrong in what it says, in its bytes or in its frame. */
export interface WrongCall {
  /** The body of the HTTP/2 request. */
  body: Buffer;
  /** Whether the frame is that of one whole message: then the status is one about the message. */
  framed: boolean;
}

export function wrongCall(chance: Chance): WrongCall {
  const right = rightRequest(chance);
  const kind = chance(10);
  const said = kind < 4 ? oneOf(chance, faults)(right, chance) : right;
  const written = Buffer.from(toBinary(ModelInferRequestSchema, create(ModelInferRequestSchema, said as InferInit)));
  const message = kind >= 4 && kind < 8 ? oneOf(chance, damages)(written, chance) : written;
  const framed = Buffer.alloc(PREFIX_BYTES + message.length);
  framed.writeUInt32BE(message.length, 1);
  message.copy(framed, PREFIX_BYTES);
  return kind < 8
    ? { body: framed, framed: true }
    : { body: oneOf(chance, misframings)(framed, chance), framed: false };
}

const PREFACE = Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n');
/** :method POST, :scheme http, :path and content-type as literals, as RFC 7541 writes them. */
const HEADER_BLOCK = Buffer.concat([
  Buffer.from([0x83, 0x86, 0x44, 42]),
  Buffer.from('/inference.GRPCInferenceService/ModelInfer'),
  Buffer.from([0x5f, 16]),
  Buffer.from('application/grpc'),
]);

const frame = (type: number, flags: number, stream: number, payload: Uint8Array, length = payload.length): Buffer => {
  const head = Buffer.alloc(9);
  head.writeUIntBE(length, 0, 3);
  head[3] = type;
  head[4] = flags;
  head.writeUInt32BE(stream, 5);
  return Buffer.concat([head, payload]);
};

/** What a connection sends that speaks HTTP/2 wrongly: frames of any type, length, flags and stream, and bad headers. */
export function wrongConnection(chance: Chance): Buffer {
  const begin = chance(10) === 0 ? PREFACE.subarray(0, chance(PREFACE.length)) : PREFACE;
  const anyFrame = () =>
    oneOf(chance, [
      () => frame(chance(12), chance(256), chance(6), bytesOf(chance, 40)),
      () => frame(chance(12), chance(256), chance(6), bytesOf(chance, 40), oneOf(chance, LENGTHS) % 2 ** 24),
      () => frame(1, 4, 1 + 2 * chance(5), HEADER_BLOCK),
      () =>
        frame(1, oneOf(chance, [0, 1, 4, 5, 0x24, 0x0c]), 1, oneOf(chance, damages)(Buffer.from(HEADER_BLOCK), chance)),
      () => frame(9, 4, 1, bytesOf(chance, 100)),
      () => frame(0, chance(16), 1 + 2 * chance(5), wrongCall(chance).body),
      () => frame(4, 0, 0, bytesOf(chance, 36)),
      () => frame(8, 0, chance(3), bytesOf(chance, 8)),
      () => frame(3, 0, chance(6), Buffer.alloc(4)),
    ])();
  const frames = Array.from({ length: 1 + chance(8) }, anyFrame);
  return Buffer.concat([begin, frame(4, 0, 0, Buffer.alloc(0)), ...frames]);
}
