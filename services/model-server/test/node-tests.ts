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

/** What differs, in a few words; undefined: nothing beyond the tolerance. */
export function differenceOf(expected: Tensor, actual: Tensor): string | undefined {
  if (expected.datatype !== actual.datatype) return `${actual.datatype} instead of ${expected.datatype}`;
  if (expected.shape.join() !== actual.shape.join()) return `[${actual.shape}] instead of [${expected.shape}]`;
  const number = (value: unknown) => (expected.datatype === 'FP16' ? numberOfHalf(value as number) : Number(value));
  const exact = expected.datatype === 'BYTES';
  for (let index = 0; index < expected.data.length; index++) {
    const [want, got] = [expected.data[index], actual.data[index]];
    if (exact ? want === got : isClose(number(want), number(got))) continue;
    return `${String(got)} instead of ${String(want)} at ${index}`;
  }
  return undefined;
}

const isClose = (want: number, got: number): boolean =>
  Object.is(want, got) || want === got || Math.abs(want - got) <= ABSOLUTE + RELATIVE * Math.abs(want);
