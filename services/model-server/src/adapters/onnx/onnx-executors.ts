import { stat } from 'node:fs/promises';
import { Problem, problemOf } from '@vinaigrette/problems';
import { emptyBatchOf } from '../../domain/batch.js';
import { chooseIsolation } from '../../domain/choose-isolation.js';
import type { ModelSettings } from '../../domain/model-settings.js';
import { Executors, type Executor, type Pace, type VersionFiles } from '../../executors.js';
import { InlineExecutor } from './inline-executor.js';
import { OnnxSession, type Proof, type WarmUp } from './onnx-session.js';
import { RemoteExecutor, RemoteSession } from './remote-session.js';
import { ProcessLink, ThreadLink } from './session-link.js';

/** How long a process that proved a version waits for another one to prove. */
const PROVER_IDLE_MS = 10_000;
/** A process that dies while it proves may have been killed from outside; one that dies again died of the version. */
const PROOF_ATTEMPTS = 2;

/** Model files are other people's: what a version may cost before it is known to be any good. */
export interface LoadLimits {
  /** To load a version, answer its golden examples and warm it up. */
  timeoutMs: number;
  /** Of the graph's own file; weights beside it are mapped, and count as the memory of whoever runs the model. */
  fileBytesMax: number;
}

interface Proved {
  proof: Proof;
  fearsEmptyBatch: boolean;
  /** The process that proved it and still holds it; undefined: it died of the empty batch. */
  prover: RemoteSession | undefined;
}

/**
 * Every version is proved in a process of its own, so that a graph that crashes the runtime costs that process
 * only. Then the process itself becomes the executor, or the version is loaded again nearer to the callers and the
 * process proves the next one.
 */
export class OnnxExecutors extends Executors {
  private readonly idle = new Map<RemoteSession, NodeJS.Timeout>();
  private closed = false;

  /** `bodies` holds the compiled session-process.js and session-thread.js. */
  constructor(
    private readonly limits: LoadLimits,
    private readonly bodies = new URL('./', import.meta.url),
  ) {
    super();
  }

  override async start(files: VersionFiles, settings: ModelSettings, pace: Pace = 'urgent'): Promise<Executor> {
    await this.checkSize(files);
    const warmUp = { batchRows: [...new Set([...settings.batchRowsPreferred, settings.batchRowsMax])] };
    const { proof, fearsEmptyBatch, prover } = await this.prove(files, warmUp, settings.runTimeoutMs, pace);
    const isolation = settings.isolation === 'auto' ? chooseIsolation(proof) : settings.isolation;
    if (isolation === 'process') {
      const session = this.asExecutor(prover) ?? (await this.proveIn(this.process(), files, warmUp)).session;
      return new RemoteExecutor(session, isolation, proof, fearsEmptyBatch, settings);
    }
    if (prover) this.keep(prover);
    if (isolation === 'inline') {
      return new InlineExecutor(await OnnxSession.openProved(files, proof, warmUp), proof, fearsEmptyBatch);
    }
    const thread = new RemoteSession(new ThreadLink(new URL('session-thread.js', this.bodies)));
    const { session } = await this.proveIn(thread, files, warmUp);
    return new RemoteExecutor(session, isolation, proof, fearsEmptyBatch, settings);
  }

  override async close(): Promise<void> {
    this.closed = true;
    await Promise.all([...this.idle.keys()].map((prover) => this.discharge(prover)));
  }

  private async checkSize({ modelPath }: VersionFiles): Promise<void> {
    const { size } = await stat(modelPath);
    const { fileBytesMax } = this.limits;
    if (size <= fileBytesMax) return;
    throw new Problem('MODEL_INVALID', `model.onnx has ${size} bytes; this server loads at most ${fileBytesMax}`);
  }

  private async prove(files: VersionFiles, warmUp: WarmUp, runTimeoutMs: number, pace: Pace): Promise<Proved> {
    for (let attempt = 1; ; attempt++) {
      try {
        const { session, proof } = await this.proveIn(this.prover(pace), files, warmUp);
        const fearsEmptyBatch = await this.fearsEmptyBatch(session, proof, runTimeoutMs);
        return { proof, fearsEmptyBatch, prover: fearsEmptyBatch ? undefined : session };
      } catch (error) {
        if (problemOf(error).code !== 'EXECUTOR_LOST' || attempt === PROOF_ATTEMPTS) throw error;
      }
    }
  }

  /** An unfit version is no reason to end the process that found it so. */
  private async proveIn(
    session: RemoteSession,
    files: VersionFiles,
    warmUp: WarmUp,
  ): Promise<{ session: RemoteSession; proof: Proof }> {
    try {
      return { session, proof: await session.prove(files, warmUp, this.limits.timeoutMs) };
    } catch (error) {
      if (session.alive) await session.stop();
      throw error;
    }
  }

  /** Some operators end the process on a batch without rows, or never end. Failing on it is no crash, nor is answering. */
  private async fearsEmptyBatch(session: RemoteSession, { signature }: Proof, timeoutMs: number): Promise<boolean> {
    const inputs = emptyBatchOf(signature);
    if (!inputs) return false;
    try {
      await session.run(inputs, timeoutMs);
      return false;
    } catch (error) {
      return problemOf(error).code !== 'INFERENCE_FAILED';
    }
  }

  /** The process that proved a version, where it may run beside those that serve. */
  private asExecutor(prover: RemoteSession | undefined): RemoteSession | undefined {
    if (prover === undefined || prover.stepForward()) return prover;
    this.keep(prover);
    return undefined;
  }

  /** One that is idle, or a fresh one where that cannot go at this pace. */
  private prover(pace: Pace): RemoteSession {
    const idle = this.takeIdle();
    if (pace === 'urgent') return this.asExecutor(idle) ?? this.process();
    const prover = idle ?? this.process();
    prover.stepBack();
    return prover;
  }

  private process(): RemoteSession {
    return new RemoteSession(new ProcessLink(new URL('session-process.js', this.bodies)));
  }

  private takeIdle(): RemoteSession | undefined {
    for (const [prover, timeout] of this.idle) {
      clearTimeout(timeout);
      this.idle.delete(prover);
      if (prover.alive) return prover;
    }
    return undefined;
  }

  private keep(prover: RemoteSession): void {
    prover.release();
    if (this.closed) return void prover.stop();
    this.idle.set(
      prover,
      setTimeout(() => void this.discharge(prover), PROVER_IDLE_MS),
    );
  }

  private async discharge(prover: RemoteSession): Promise<void> {
    clearTimeout(this.idle.get(prover));
    this.idle.delete(prover);
    await prover.stop();
  }
}
