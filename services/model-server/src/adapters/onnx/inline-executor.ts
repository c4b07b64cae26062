import type { Tensors } from '../../domain/batch.js';
import type { Executor } from '../../executors.js';
import type { OnnxSession, Proof } from './onnx-session.js';

/** Runs on the thread that speaks to callers: no hop, and nothing between it and what a graph may do to its process. */
export class InlineExecutor implements Executor {
  readonly isolation = 'inline';
  readonly signature;
  readonly whyNotJoined;
  readonly lost = new Promise<never>(() => undefined);
  readonly outgrown = new Promise<never>(() => undefined);

  constructor(
    private readonly session: OnnxSession,
    proof: Proof,
    readonly fearsEmptyBatch: boolean,
  ) {
    this.signature = proof.signature;
    this.whyNotJoined = proof.whyNotJoined;
  }

  run(inputs: Tensors): Promise<Tensors> {
    return this.session.run(inputs);
  }

  stop(): Promise<void> {
    return this.session.release();
  }
}
