import { join } from 'node:path';
import ort from 'onnxruntime-node';
import type { Datatype, Tensor } from '@vinaigrette/signature';
import { failureOf } from './node-tests.js';

/**
 * The ONNX project's node tests in ONNX Runtime alone, one process: `node bare-node-tests.js FOLDER` reads the name of a
 * case a line, and writes what came of it in JSON, a line each. A case that ends the process has no line.
 */
const types: Record<Datatype, ort.Tensor.Type> = {
  BOOL: 'bool',
  UINT8: 'uint8',
  UINT16: 'uint16',
  UINT32: 'uint32',
  UINT64: 'uint64',
  INT8: 'int8',
  INT16: 'int16',
  INT32: 'int32',
  INT64: 'int64',
  FP16: 'float16',
  FP32: 'float32',
  FP64: 'float64',
  BYTES: 'string',
};
const datatypeOf = (type: string): Datatype =>
  Object.entries(types).find(([, known]) => known === type)?.[0] as Datatype;

async function run(folder: string, inputs: readonly Tensor[]): Promise<Tensor[]> {
  const options = { intraOpNumThreads: 1, logSeverityLevel: 4 } as const;
  const session = await ort.InferenceSession.create(join(folder, 'model.onnx'), options);
  const feeds = inputs.map(({ datatype, shape, data }, index) => {
    const tensor = new ort.Tensor(types[datatype], data as ort.Tensor['data'], [...shape]);
    return [session.inputNames[index] ?? '', tensor] as const;
  });
  const results = await session.run(Object.fromEntries(feeds));
  const outputs = session.outputNames.map((name): Tensor => {
    const { type, dims, data } = results[name] as ort.Tensor;
    return { datatype: datatypeOf(type), shape: dims, data: data as Tensor['data'] };
  });
  await session.release();
  return outputs;
}

const [, , root = ''] = process.argv;
for await (const line of process.stdin.setEncoding('utf8')) {
  for (const name of String(line).split('\n').filter(Boolean)) {
    const folder = join(root, name);
    const failure = await failureOf(folder, (inputs) => run(folder, inputs));
    process.stdout.write(`${JSON.stringify({ name, failure })}\n`);
  }
}
