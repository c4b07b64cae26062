import { setTimeout as pause } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import { Problem } from '@vinaigrette/problems';
import type { Signature } from '@vinaigrette/signature';
import type { Tensors } from '../../domain/batch.js';
import { Executors, type Executor, type VersionFiles } from '../../executors.js';
import { buffersOf, type FromSession, type ToSession } from './session-messages.js';

/** How long `stop()` waits for a thread that was asked to end. */
const STOP_TIMEOUT_MS = 2_000;

/**
 * A worker thread for each executor. It survives an exception. A crash of native code, or text outputs larger than the
 * heap, take the process with them. So would terminating a thread while ONNX Runtime computes in it (it throws
 * where nobody can catch); hence a thread is only ever asked to end, and one that takes too long is left to itself.
 */
export class ThreadExecutors extends Executors {
  /** `sessionWorker` is the compiled session-worker.js. */
  constructor(
    private readonly loadTimeoutMs: number,
    private readonly sessionWorker = new URL('./session-worker.js', import.meta.url),
  ) {
    super();
  }

  override start(files: VersionFiles): Promise<Executor> {
    return new Promise((ready, unfit) => {
      const worker = new Worker(this.sessionWorker, { workerData: files, name: 'session' });
      let tooLate = false;
      const timeout = setTimeout(() => {
        tooLate = true;
        unfit(new Problem('EXECUTOR_LOST', `The version did not prove itself within ${this.loadTimeoutMs} ms`));
      }, this.loadTimeoutMs);
      const died = (cause: unknown) => {
        clearTimeout(timeout);
        unfit(new Problem('EXECUTOR_LOST', 'The thread died while the version proved itself', { cause }));
      };
      worker.on('error', died).on('exit', died);
      worker.once('message', (message: FromSession) => {
        clearTimeout(timeout);
        if (tooLate) return worker.postMessage({ kind: 'stop' } satisfies ToSession);
        if (message.kind === 'ready') return ready(new ThreadExecutor(worker, message.signature, message.whyNotJoined));
        if (message.kind === 'unfit') return unfit(new Problem(message.code, message.message));
        unfit(new Error(`The thread began with ${message.kind}`));
      });
    });
  }
}

interface Run {
  answer(outputs: Tensors): void;
  fail(problem: Problem): void;
}

class ThreadExecutor implements Executor {
  readonly lost: Promise<Error>;
  private pending: Run | undefined;
  private stopping = false;
  private dead = false;

  constructor(
    private readonly worker: Worker,
    readonly signature: Signature,
    readonly whyNotJoined: string | undefined,
  ) {
    worker.on('message', (message: FromSession) => this.hear(message));
    this.lost = new Promise((lost) => {
      const died = (cause: unknown) => {
        const error = cause instanceof Error ? cause : new Error(`The thread ended with code ${String(cause)}`);
        this.dead = true;
        this.take()?.fail(new Problem('EXECUTOR_LOST', 'The thread died while it ran the model', { cause: error }));
        if (!this.stopping) lost(error);
      };
      worker.on('error', died).on('exit', died);
    });
  }

  run(inputs: Tensors): Promise<Tensors> {
    return new Promise((answer, fail) => {
      if (this.dead) return fail(new Problem('EXECUTOR_LOST', 'The thread that ran the model is dead'));
      this.pending = { answer, fail };
      // Handed over, not copied: nobody reads the inputs again.
      this.worker.postMessage({ kind: 'run', inputs } satisfies ToSession, buffersOf(inputs));
    });
  }

  async stop(): Promise<void> {
    this.stopping = true;
    if (this.dead) return;
    const ended = new Promise<void>((end) => this.worker.once('exit', () => end()));
    this.worker.postMessage({ kind: 'stop' } satisfies ToSession);
    await Promise.race([ended, pause(STOP_TIMEOUT_MS, undefined, { ref: false })]);
  }

  private hear(message: FromSession): void {
    const run = this.take();
    if (message.kind === 'answer') run?.answer(message.outputs);
    else if (message.kind === 'failure') run?.fail(new Problem('INFERENCE_FAILED', message.message));
  }

  private take(): Run | undefined {
    const run = this.pending;
    this.pending = undefined;
    return run;
  }
}
