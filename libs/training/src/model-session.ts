import { InferenceSession } from 'onnxruntime-node';
import { fromOrt, toOrt } from '@vinaigrette/onnx-tensors';
import type { Tensor } from '@vinaigrette/signature';

export type Tensors = Readonly<Record<string, Tensor>>;

/** A freshly made graph, run by ONNX Runtime on one thread, as the model server runs it. */
export class ModelSession {
  private constructor(private readonly session: InferenceSession) {}

  static async open(onnx: Uint8Array): Promise<ModelSession> {
    const options: InferenceSession.SessionOptions = {
      intraOpNumThreads: 1,
      interOpNumThreads: 1,
      logSeverityLevel: 3,
    };
    return new ModelSession(await InferenceSession.create(onnx, options));
  }

  /** The answers to a batch, by the names of the outputs. */
  async run(inputs: Tensors): Promise<Record<string, Tensor>> {
    return fromOrt(await this.session.run(toOrt(inputs)));
  }

  async close(): Promise<void> {
    await this.session.release();
  }
}
