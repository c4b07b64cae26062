import type { Signature } from '@vinaigrette/signature';
import type { Tensors } from './domain/batch.js';
import type { Isolation, ModelSettings } from './domain/model-settings.js';

/** Where the files of a version are, and what is known of them without reading them. */
export interface VersionFiles {
  modelPath: string;
  /** Absent: the version has no golden examples, so it serves unproved and its requests are never joined. */
  goldenPath?: string;
  /** The text of signature.json. Absent: the graph's own declaration is taken. */
  signatureJson?: string;
  /** The text of config.json. Absent: the server's own settings hold. */
  settingsJson?: string;
}

/** Runs one version. One run at a time. */
export interface Executor {
  readonly signature: Signature;
  readonly isolation: Isolation;
  /** Why requests may not be joined into one run; undefined: they may, and it was proved. */
  readonly whyNotJoined: string | undefined;
  /** Whether a batch without rows crashes the runtime in this graph, and must never be run. */
  readonly fearsEmptyBatch: boolean;
  /** Settles when the executor has died by itself; never after `stop()`. */
  readonly lost: Promise<Error>;
  /** Settles when it has grown beyond its memory limit: it still answers, and should be replaced. */
  readonly outgrown: Promise<void>;
  /**
   * Throws INFERENCE_FAILED when the graph fails on these values, RUN_TIMEOUT when it takes too long, EXECUTOR_LOST when
   * the executor dies meanwhile.
   */
  run(inputs: Tensors): Promise<Tensors>;
  /** Asks it to end, and waits a moment: a run in progress is not waited for without end. */
  stop(): Promise<void>;
}

/** Whether somebody waits for the version, or another one answers meanwhile. */
export type Pace = 'urgent' | 'calm';

/** Makes executors that have loaded their version, answered its golden examples and are warm. */
export abstract class Executors {
  /**
   * Proves the version away from everything that serves, then starts an executor where its settings say, or where the
   * proof's measurements do. Throws MODEL_INVALID, SIGNATURE_MISMATCH or GOLDEN_MISMATCH when the version is unfit to
   * serve, EXECUTOR_LOST when proving it killed its process or outlasted the limit. `calm`: it proves itself only as
   * fast as those that answer callers leave time; absent: `urgent`.
   */
  abstract start(files: VersionFiles, settings: ModelSettings, pace?: Pace): Promise<Executor>;
  /** Ends what is kept for the next start. Executors are stopped by who started them. */
  abstract close(): Promise<void>;
}
