import { InferenceSession, Tensor as OrtTensor } from 'onnxruntime-node';
import type { Tensor } from '@vinaigrette/signature';

/** The graph, run by ONNX Runtime on one thread, as the model server runs it. */
export class BasketSession {
  private constructor(private readonly session: InferenceSession) {}

  static async open(onnx: Uint8Array): Promise<BasketSession> {
    const options: InferenceSession.SessionOptions = {
      intraOpNumThreads: 1,
      interOpNumThreads: 1,
      logSeverityLevel: 3,
    };
    return new BasketSession(await InferenceSession.create(onnx, options));
  }

  /** The answers to a batch of baskets, by the names of the outputs. */
  async run(items: Tensor): Promise<Record<string, Tensor>> {
    const feed = new OrtTensor('string', items.data as string[], items.shape);
    const answers = await this.session.run({ items: feed });
    return Object.fromEntries(Object.entries(answers).map(([name, tensor]) => [name, tensorFrom(tensor)]));
  }

  async close(): Promise<void> {
    await this.session.release();
  }
}

const datatypes: Partial<Record<OrtTensor.Type, Tensor['datatype']>> = {
  string: 'BYTES',
  float32: 'FP32',
  int64: 'INT64',
};

function tensorFrom({ type, dims, data }: OrtTensor): Tensor {
  const datatype = datatypes[type];
  if (!datatype) throw new RangeError(`The basket graph answers no ${type}`);
  return { datatype, shape: dims, data: data as Tensor['data'] };
}
