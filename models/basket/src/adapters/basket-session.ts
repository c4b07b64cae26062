import { InferenceSession } from 'onnxruntime-node';
import { fromOrt, toOrt } from '@vinaigrette/onnx-tensors';
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
    return fromOrt(await this.session.run(toOrt({ items })));
  }

  async close(): Promise<void> {
    await this.session.release();
  }
}
