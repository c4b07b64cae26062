import * as ort from 'onnxruntime-node';
import { fromOrt, toOrt } from '@vinaigrette/onnx-tensors';
import { Problem } from '@vinaigrette/problems';
import { checkTensor, differenceFromGolden, type Golden, type Signature, type Tensor } from '@vinaigrette/signature';

/** Loads the graph, from a file or from its bytes. Throws MODEL_INVALID when ONNX Runtime refuses it. */
export async function loadModel(model: string | Uint8Array): Promise<ort.InferenceSession> {
  const options = { intraOpNumThreads: 1, interOpNumThreads: 1, logSeverityLevel: 3 } as const;
  try {
    return typeof model === 'string'
      ? await ort.InferenceSession.create(model, options)
      : await ort.InferenceSession.create(model, options);
  } catch (cause) {
    throw new Problem('MODEL_INVALID', `ONNX Runtime cannot load the graph: ${firstLine(cause)}`, { cause });
  }
}

/** Throws GOLDEN_MISMATCH naming the first example that the model answers otherwise than golden.json says. */
export async function answerGolden(session: ort.InferenceSession, signature: Signature, golden: Golden): Promise<void> {
  for (const [index, { inputs, outputs }] of golden.examples.entries()) {
    const field = `examples[${index}]`;
    const refuse = (why: string, cause?: unknown): never => {
      throw new Problem('GOLDEN_MISMATCH', `Golden example ${index}: ${why}`, { field, cause });
    };
    try {
      checkInputs(signature, inputs);
    } catch (cause) {
      refuse((cause as Error).message, cause);
    }
    if (Object.keys(outputs).length === 0) refuse('it names no outputs, so it says nothing');
    const answer = await run(session, inputs).catch((cause: unknown) =>
      refuse(`no answer: ${firstLine(cause)}`, cause),
    );
    const difference = differenceFromGolden(outputs, answer);
    if (difference !== undefined) refuse(`${difference}, which golden.json expects`);
  }
}

function checkInputs(signature: Signature, inputs: Readonly<Record<string, Tensor>>): void {
  for (const spec of signature.inputs) {
    const tensor = inputs[spec.name];
    if (!tensor) throw new RangeError(`the input ${spec.name} is missing`);
    checkTensor(spec, tensor);
  }
}

const run = async (session: ort.InferenceSession, inputs: Readonly<Record<string, Tensor>>) =>
  fromOrt(await session.run(toOrt(inputs)));

const firstLine = (error: unknown): string =>
  (error instanceof Error ? error.message : String(error)).split('\n')[0] ?? '';
