import type { InferInit } from './running-server.js';

export const add = (version: string, x: number[]) => ({
  modelName: 'adder',
  modelVersion: version,
  inputs: [{ name: 'x', datatype: 'FP32', shape: [BigInt(x.length / 2), 2n], contents: { fp32Contents: x } }],
});
export const index = (...values: number[]): InferInit => ({
  modelName: 'prices',
  inputs: [
    {
      name: 'index',
      datatype: 'INT64',
      shape: [BigInt(values.length)],
      contents: { int64Contents: values.map(BigInt) },
    },
  ],
});

const x = { name: 'x', datatype: 'FP32', shape: [1n, 2n] };

/** Each question that is wrong, with what it is told: gRPC status, code, and what was expected and what came. */
export const refusedQuestions: { fault: string; init: InferInit; status: number; code: string; says: RegExp }[] = [
  {
    fault: 'an unknown model',
    init: { modelName: 'addr' },
    status: 5,
    code: 'MODEL_NOT_FOUND',
    says: /no model "addr".*Remedy/,
  },
  {
    fault: 'an unknown number',
    init: add('7', [1, 2]),
    status: 5,
    code: 'VERSION_NOT_FOUND',
    says: /has 1, 2, latest/,
  },
  {
    fault: 'an unknown alias',
    init: add('champion', [1, 2]),
    status: 5,
    code: 'VERSION_NOT_FOUND',
    says: /no adder "champion"/,
  },
  {
    fault: 'a model that cannot be loaded',
    init: { modelName: 'broken' },
    status: 14,
    code: 'VERSION_QUARANTINED',
    says: /MODEL_INVALID.*Remedy/,
  },
  {
    fault: 'no input',
    init: { modelName: 'adder' },
    status: 3,
    code: 'SIGNATURE_MISMATCH',
    says: /input x is missing/,
  },
  {
    fault: 'another type',
    init: { modelName: 'adder', inputs: [{ ...x, datatype: 'FP64' }] },
    status: 3,
    code: 'SIGNATURE_MISMATCH',
    says: /x is FP32, not FP64/,
  },
  {
    fault: 'another shape',
    init: { modelName: 'adder', inputs: [{ ...x, shape: [1n, 3n] }] },
    status: 3,
    code: 'SIGNATURE_MISMATCH',
    says: /\[-1, 2\].*not \[1, 3\]/,
  },
  {
    fault: 'a negative dimension',
    init: { modelName: 'adder', inputs: [{ ...x, shape: [-1n, 2n] }] },
    status: 3,
    code: 'SIGNATURE_MISMATCH',
    says: /cannot have the shape/,
  },
  {
    fault: 'a claim of two GB',
    init: {
      modelName: 'adder',
      inputs: [{ ...x, shape: [268_435_456n, 2n] }],
      rawInputContents: [new Uint8Array(8)],
    },
    status: 3,
    code: 'SIGNATURE_MISMATCH',
    says: /cannot have the shape \[268435456, 2\]/,
  },
  {
    fault: 'no values',
    init: { modelName: 'adder', inputs: [x] },
    status: 3,
    code: 'SIGNATURE_MISMATCH',
    says: /x has no values/,
  },
  {
    fault: 'raw and typed contents',
    init: {
      modelName: 'adder',
      inputs: [{ ...x, contents: { fp32Contents: [1, 2] } }],
      rawInputContents: [new Uint8Array(8)],
    },
    status: 3,
    code: 'SIGNATURE_MISMATCH',
    says: /one of the two/,
  },
  {
    fault: 'raw contents for another number of inputs',
    init: { modelName: 'adder', inputs: [x], rawInputContents: [new Uint8Array(8), new Uint8Array(8)] },
    status: 3,
    code: 'SIGNATURE_MISMATCH',
    says: /2 entries for 1 inputs/,
  },
  {
    fault: 'raw contents cut short',
    init: { modelName: 'adder', inputs: [x], rawInputContents: [new Uint8Array(7)] },
    status: 3,
    code: 'SIGNATURE_MISMATCH',
    says: /8 bytes.*not 7/,
  },
  {
    fault: 'raw contents that are too long',
    init: { modelName: 'adder', inputs: [x], rawInputContents: [new Uint8Array(9)] },
    status: 3,
    code: 'SIGNATURE_MISMATCH',
    says: /8 bytes.*not 9/,
  },
  {
    fault: 'typed contents of another type',
    init: { modelName: 'adder', inputs: [{ ...x, contents: { int64Contents: [1n, 2n] } }] },
    status: 3,
    code: 'SIGNATURE_MISMATCH',
    says: /x is FP32: its values belong in fp32_contents, not in int64_contents/,
  },
  {
    fault: 'too many typed contents',
    init: { modelName: 'adder', inputs: [{ ...x, contents: { fp32Contents: [1, 2, 3] } }] },
    status: 3,
    code: 'SIGNATURE_MISMATCH',
    says: /3 value.*shape \[1, 2\]/,
  },
  {
    fault: 'an unknown input',
    init: { modelName: 'adder', inputs: [{ ...x, name: 'y', contents: { fp32Contents: [1, 2] } }] },
    status: 3,
    code: 'SIGNATURE_MISMATCH',
    says: /no input "y"; the inputs are x/,
  },
  {
    fault: 'an input twice',
    init: { modelName: 'adder', inputs: [x, x], rawInputContents: [new Uint8Array(8), new Uint8Array(8)] },
    status: 3,
    code: 'SIGNATURE_MISMATCH',
    says: /x came twice/,
  },
  {
    fault: 'a type nobody knows',
    init: { modelName: 'adder', inputs: [{ ...x, datatype: 'BF16' }], rawInputContents: [new Uint8Array(4)] },
    status: 3,
    code: 'SIGNATURE_MISMATCH',
    says: /x is FP32, not "BF16"/,
  },
  {
    fault: 'a text longer than what there is',
    init: {
      modelName: 'texts',
      inputs: [{ name: 'item', datatype: 'BYTES', shape: [1n, 1n] }],
      rawInputContents: [Uint8Array.of(0xff, 0xff, 0xff, 0x7f, 65)],
    },
    status: 3,
    code: 'SIGNATURE_MISMATCH',
    says: /item is not 1 length-prefixed texts: it ends within a text/,
  },
  {
    fault: 'a priority that is none',
    init: { ...add('', [1, 2]), parameters: { priority: { parameterChoice: { case: 'int64Param', value: -1n } } } },
    status: 3,
    code: 'PARAMETER_INVALID',
    says: /priority/,
  },
  {
    fault: 'text that is not UTF-8',
    init: {
      modelName: 'texts',
      inputs: [{ name: 'item', datatype: 'BYTES', shape: [1n, 1n] }],
      rawInputContents: [Uint8Array.of(1, 0, 0, 0, 0xff)],
    },
    status: 3,
    code: 'SIGNATURE_MISMATCH',
    says: /not UTF-8/,
  },
  {
    fault: 'an unknown output',
    init: { ...add('', [1, 2]), outputs: [{ name: 'total' }] },
    status: 3,
    code: 'SIGNATURE_MISMATCH',
    says: /no output "total"/,
  },
  {
    fault: 'values the graph fails on',
    init: index(7),
    status: 3,
    code: 'INFERENCE_FAILED',
    says: /The graph failed/,
  },
];
