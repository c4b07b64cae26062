import { setTimeout as pause } from 'node:timers/promises';
import { Problem } from '@vinaigrette/problems';
import type { Tensors } from '../../domain/batch.js';
import type { Isolation } from '../../domain/model-settings.js';
import type { Executor, VersionFiles } from '../../executors.js';
import type { Proof, WarmUp } from './onnx-session.js';
import type { SessionLink } from './session-link.js';
import type { FromSession, ToSession } from './session-messages.js';

/** How long `stop()` waits for a session that was asked to end. */
const STOP_TIMEOUT_MS = 2_000;

interface Pending {
  answer(message: FromSession): void;
  fail(problem: Problem): void;
}

/** A session in a thread or process of its own. One question at a time; one that outlasts its limit ends the session. */
export class RemoteSession {
  /** Settles when it has ended without having been asked to. */
  readonly lost: Promise<Error>;
  private pending: Pending | undefined;
  private ended: Error | undefined;
  private stopping = false;
  private tellLost: (error: Error) => void = () => undefined;

  constructor(private readonly link: SessionLink) {
    link.onMessage((message) => this.take()?.answer(message));
    this.lost = new Promise((lost) => (this.tellLost = lost));
    void link.ended.then((cause) =>
      this.end(cause, new Problem('EXECUTOR_LOST', `${cause.message} while it ran the model`, { cause })),
    );
  }

  get alive(): boolean {
    return this.ended === undefined;
  }

  /** Works only as far as those that answer callers leave time. */
  stepBack(): void {
    this.link.stepBack?.();
  }

  /** Works as they do. False: it cannot be brought back. */
  stepForward(): boolean {
    return this.link.stepForward?.() ?? true;
  }

  /** Throws what makes the version unfit, EXECUTOR_LOST when proving it outlasts `timeoutMs` or ends the session. */
  async prove(files: VersionFiles, warmUp: WarmUp, timeoutMs: number): Promise<Proof> {
    const late = () => new Problem('EXECUTOR_LOST', `The version did not prove itself within ${timeoutMs} ms`);
    const answer = await this.ask({ kind: 'prove', files, warmUp }, timeoutMs, late);
    if (answer.kind === 'proved') return answer.proof;
    if (answer.kind === 'unfit') throw new Problem(answer.code, answer.message);
    throw new Error(`A proof was answered with ${answer.kind}`);
  }

  /** Throws INFERENCE_FAILED, RUN_TIMEOUT, EXECUTOR_LOST. */
  async run(inputs: Tensors, timeoutMs: number): Promise<{ outputs: Tensors; memoryMb: number }> {
    const late = () => new Problem('RUN_TIMEOUT', `The run took longer than ${timeoutMs} ms`);
    const answer = await this.ask({ kind: 'run', inputs }, timeoutMs, late);
    if (answer.kind === 'answer') return answer;
    throw new Problem('INFERENCE_FAILED', answer.kind === 'failure' ? answer.message : `answered ${answer.kind}`);
  }

  /** Lets the version go; another may be proved. */
  release(): void {
    this.link.send({ kind: 'release' });
  }

  async stop(): Promise<void> {
    this.stopping = true;
    if (this.ended) return;
    this.link.send({ kind: 'stop' });
    await Promise.race([this.link.ended, pause(STOP_TIMEOUT_MS, undefined, { ref: false })]);
    if (this.alive) this.link.kill();
  }

  private ask(message: ToSession, timeoutMs: number, late: () => Problem): Promise<FromSession> {
    return new Promise((answer, fail) => {
      if (this.ended) return fail(new Problem('EXECUTOR_LOST', this.ended.message, { cause: this.ended }));
      const timeout = setTimeout(() => {
        const problem = late();
        this.link.kill();
        this.end(problem, problem);
      }, timeoutMs);
      const once =
        <T>(settle: (value: T) => void) =>
        (value: T) => {
          clearTimeout(timeout);
          settle(value);
        };
      this.pending = { answer: once(answer), fail: once(fail) };
      this.link.send(message);
    });
  }

  /** Nothing is asked of it any more. Told before the question fails, so that nobody puts another one here. */
  private end(error: Error, problem: Problem): void {
    if (this.ended) return;
    this.ended = error;
    if (!this.stopping) this.tellLost(error);
    this.take()?.fail(problem);
  }

  private take(): Pending | undefined {
    const { pending } = this;
    this.pending = undefined;
    return pending;
  }
}

export interface RemoteLimits {
  runTimeoutMs: number;
  memoryMbMax: number;
}

/** A proved version in a thread or process of its own. */
export class RemoteExecutor implements Executor {
  readonly signature;
  readonly whyNotJoined;
  readonly lost: Promise<Error>;
  readonly outgrown: Promise<void>;
  private tellOutgrown: () => void = () => undefined;

  constructor(
    private readonly session: RemoteSession,
    readonly isolation: Exclude<Isolation, 'inline'>,
    proof: Proof,
    readonly fearsEmptyBatch: boolean,
    private readonly limits: RemoteLimits,
  ) {
    this.signature = proof.signature;
    this.whyNotJoined = proof.whyNotJoined;
    this.lost = session.lost;
    this.outgrown = new Promise((outgrown) => (this.tellOutgrown = outgrown));
  }

  async run(inputs: Tensors): Promise<Tensors> {
    const { outputs, memoryMb } = await this.session.run(inputs, this.limits.runTimeoutMs);
    // A thread's memory is the whole process's, which replacing the thread would not give back.
    if (this.isolation === 'process' && memoryMb > this.limits.memoryMbMax) this.tellOutgrown();
    return outputs;
  }

  stop(): Promise<void> {
    return this.session.stop();
  }
}
