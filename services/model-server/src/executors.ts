import type { Signature } from '@vinaigrette/signature';
import type { Tensors } from './domain/batch.js';

/** Where the files of a version are, and what is known of them without reading them. */
export interface VersionFiles {
  modelPath: string;
  /** Absent: the version has no golden examples, so it serves unproved and its requests are never joined. */
  goldenPath?: string;
  /** The text of signature.json. Absent: the graph's own declaration is taken. */
  signatureJson?: string;
}

/** Runs one version, away from the thread that speaks to callers. One run at a time. */
export interface Executor {
  readonly signature: Signature;
  /** Why requests may not be joined into one run; undefined: they may, and it was proved. */
  readonly whyNotJoined: string | undefined;
  /** Settles when the executor has died by itself; never after `stop()`. */
  readonly lost: Promise<Error>;
  /** Throws INFERENCE_FAILED when the graph fails on these values, EXECUTOR_LOST when the executor dies meanwhile. */
  run(inputs: Tensors): Promise<Tensors>;
  /** Asks it to end, and waits a moment: a run in progress is not cut off, and not waited for without end. */
  stop(): Promise<void>;
}

/** Makes executors that have loaded their version, answered its golden examples and are warm. */
export abstract class Executors {
  /**
   * Throws MODEL_INVALID, SIGNATURE_MISMATCH or GOLDEN_MISMATCH when the version is unfit to serve, EXECUTOR_LOST when
   * proving it killed the executor or outlasted the limit.
   */
  abstract start(files: VersionFiles): Promise<Executor>;
}
