import { join } from 'node:path';
import ort from 'onnxruntime-node';
import { fromOrt, toOrt } from '@vinaigrette/onnx-tensors';
import type { Tensor } from '@vinaigrette/signature';
import { failureOf } from './node-tests.js';

/**
 * The ONNX project's node tests in ONNX Runtime alone, one process: `node bare-node-tests.js FOLDER` reads the name of a
 * case a line, and writes what came of it in JSON, a line each. A case that ends the process has no line.
 */
async function run(folder: string, inputs: readonly Tensor[]): Promise<Tensor[]> {
  const options = { intraOpNumThreads: 1, logSeverityLevel: 4 } as const;
  const session = await ort.InferenceSession.create(join(folder, 'model.onnx'), options);
  const feeds = inputs.map((tensor, index) => [session.inputNames[index] ?? '', tensor] as const);
  const outputs = fromOrt(await session.run(toOrt(Object.fromEntries(feeds))));
  await session.release();
  return session.outputNames.map((name) => outputs[name] as Tensor);
}

const [, , root = ''] = process.argv;
for await (const line of process.stdin.setEncoding('utf8')) {
  for (const name of String(line).split('\n').filter(Boolean)) {
    const folder = join(root, name);
    const failure = await failureOf(folder, (inputs) => run(folder, inputs));
    process.stdout.write(`${JSON.stringify({ name, failure })}\n`);
  }
}
