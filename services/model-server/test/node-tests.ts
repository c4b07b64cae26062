import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fromBinary } from '@bufbuild/protobuf';
import { TensorProto_DataType, TensorProtoSchema, type TensorProto } from '@vinaigrette/contracts/onnx';
import { decodeRaw, elementCount, numberOfHalf, tensorOf, type Datatype, type Tensor } from '@vinaigrette/signature';

const datatypes: Partial<Record<TensorProto_DataType, Datatype>> = {
  [TensorProto_DataType.FLOAT]: 'FP32',
  [TensorProto_DataType.DOUBLE]: 'FP64',
  [TensorProto_DataType.FLOAT16]: 'FP16',
  [TensorProto_DataType.BOOL]: 'BOOL',
  [TensorProto_DataType.STRING]: 'BYTES',
  [TensorProto_DataType.INT8]: 'INT8',
  [TensorProto_DataType.INT16]: 'INT16',
  [TensorProto_DataType.INT32]: 'INT32',
  [TensorProto_DataType.INT64]: 'INT64',
  [TensorProto_DataType.UINT8]: 'UINT8',
  [TensorProto_DataType.UINT16]: 'UINT16',
  [TensorProto_DataType.UINT32]: 'UINT32',
  [TensorProto_DataType.UINT64]: 'UINT64',
};

/** The tolerances of the ONNX project's own runner. */
const RELATIVE = 1e-3;
const ABSOLUTE = 1e-7;

/** Inputs and expected outputs of one case, in the graph's order. Throws when a file holds no tensor we know. */
export function readCase(folder: string): { inputs: Tensor[]; outputs: Tensor[] } {
  const set = join(folder, 'test_data_set_0');
  const read = (kind: string) =>
    readdirSync(set)
      .filter((name) => name.startsWith(kind))
      .sort((a, b) => Number(a.replace(/\D/g, '')) - Number(b.replace(/\D/g, '')))
      .map((name) => tensorOfProto(fromBinary(TensorProtoSchema, readFileSync(join(set, name)))));
  return { inputs: read('input_'), outputs: read('output_') };
}

function tensorOfProto(proto: TensorProto): Tensor {
  const datatype = datatypes[proto.dataType as TensorProto_DataType];
  if (!datatype) throw new RangeError(`element type ${proto.dataType}`);
  const shape = proto.dims.map(Number);
  if (datatype === 'BYTES')
    return { datatype, shape, data: proto.stringData.map((text) => Buffer.from(text).toString()) };
  if (proto.rawData.length > 0 || elementCount(shape) === 0) return decodeRaw(datatype, shape, proto.rawData);
  const typed = [proto.floatData, proto.int32Data, proto.int64Data].find((values) => values.length > 0) ?? [];
  if (datatype === 'FP16') return { datatype, shape, data: Uint16Array.from(proto.int32Data) };
  return tensorOf(datatype, shape, datatype === 'BOOL' ? proto.int32Data.map(Boolean) : [...typed]);
}

/** Whether the values are those expected, within the tolerance. */
function isAsExpected(expected: Tensor, actual: Tensor): boolean {
  if (expected.datatype !== actual.datatype || expected.shape.join() !== actual.shape.join()) return false;
  const number = (value: unknown) => (expected.datatype === 'FP16' ? numberOfHalf(value as number) : Number(value));
  return Array.from(expected.data as ArrayLike<unknown>).every((want, index) => {
    const got: unknown = actual.data[index];
    return expected.datatype === 'BYTES' ? want === got : isClose(number(want), number(got));
  });
}

const isClose = (want: number, got: number): boolean =>
  Object.is(want, got) || want === got || Math.abs(want - got) <= ABSOLUTE + RELATIVE * Math.abs(want);

/** Why a case fails, by what was said; the first that fits. */
const REASONS: readonly (readonly [said: RegExp, reason: string])[] = [
  [/^Could not find an implementation/, 'ONNX Runtime has no implementation of the operator for the type'],
  [/^Unsupported data type|: Unsupported/, "ONNX Runtime's Node binding has no such type of tensor"],
  [/is not a registered function\/op/, 'ONNX Runtime has no such operator'],
  [/^Exception during initialization/, 'ONNX Runtime refuses to load it'],
];
const NO_TENSORS = 'its data are sequences or optionals, which are no tensors';
const OTHERWISE = 'ONNX Runtime answers otherwise';

/** Runs one case; answers with the reason why it failed, undefined when it passed. */
export async function failureOf(
  folder: string,
  run: (inputs: readonly Tensor[]) => Promise<readonly Tensor[]>,
): Promise<string | undefined> {
  let expected: ReturnType<typeof readCase>;
  try {
    expected = readCase(folder);
  } catch (error) {
    const { message } = error as Error;
    return REASONS.find(([said]) => said.test(message))?.[1] ?? NO_TENSORS;
  }
  try {
    const answers = await run(expected.inputs);
    const same = expected.outputs.every((output, index) => answers[index] && isAsExpected(output, answers[index]));
    return same ? undefined : OTHERWISE;
  } catch (error) {
    const { message } = error as Error;
    return REASONS.find(([said]) => said.test(message))?.[1] ?? message;
  }
}
