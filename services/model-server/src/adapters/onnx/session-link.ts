import { spawn, type ChildProcess } from 'node:child_process';
import { getPriority, setPriority } from 'node:os';
import type { Duplex } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';
import { encodeFrame, FrameReader } from './session-frames.js';
import { buffersOf, type FromSession, type ToSession } from './session-messages.js';

/** A way to a session that lives elsewhere. */
export interface SessionLink {
  send(message: ToSession): void;
  onMessage(hear: (message: FromSession) => void): void;
  /** Settles once, when the other side has ended, for whatever reason. */
  readonly ended: Promise<Error>;
  /** Puts it behind what answers callers, where the system knows such a thing. */
  stepBack?(): void;
  /** Takes that back. False: the system does not allow it, to those without a privilege. */
  stepForward?(): boolean;
  /** Ends the other side at once where that is possible; where not, leaves it to itself. */
  kill(): void;
}

/** As nice as a process may be; and how much nicer one is that must not hold up the others: two fifths of their share. */
const NICENESS_MAX = 19;
const STEPS_BACK = 4;

/** A child process: it may crash, hang or grow, and can be killed at any moment. */
export class ProcessLink implements SessionLink {
  readonly ended: Promise<Error>;
  private readonly child: ChildProcess;
  private readonly socket: Duplex;

  constructor(body: URL) {
    // Its standard output is not the log's, which is read line by line.
    this.child = spawn(process.execPath, [fileURLToPath(body)], { stdio: ['ignore', 'ignore', 'inherit', 'pipe'] });
    this.socket = this.child.stdio[3] as Duplex;
    this.socket.on('error', () => this.kill()); // it went away while it was written to: `exit` says more
    this.ended = new Promise((ended) => {
      this.child.once('error', ended);
      this.child.once('exit', (code, signal) => ended(new Error(`The process ended with ${signal ?? code}`)));
    });
  }

  get pid(): number | undefined {
    return this.child.pid;
  }

  send(message: ToSession): void {
    if (this.socket.writable) this.socket.write(encodeFrame(message));
  }

  onMessage(hear: (message: FromSession) => void): void {
    const frames = new FrameReader<FromSession>();
    this.socket.on('data', (chunk: Buffer) => frames.read(chunk).forEach(hear));
  }

  stepBack(): void {
    this.setPriority(Math.min(getPriority() + STEPS_BACK, NICENESS_MAX));
  }

  stepForward(): boolean {
    return this.setPriority(getPriority());
  }

  kill(): void {
    this.child.kill('SIGKILL');
  }

  private setPriority(niceness: number): boolean {
    try {
      if (this.child.pid !== undefined) setPriority(this.child.pid, niceness);
      return true;
    } catch {
      return false; // it has ended, or may not
    }
  }
}

/** Threads left to themselves, which may never come back from native code. */
const runaways = new Set<Worker>();
process.on('exit', () => {
  // An exit waits for every thread, for ever if need be.
  if (runaways.size > 0) process.kill(process.pid, 'SIGKILL');
});

/**
 * A worker thread: it survives an exception. A crash of native code takes the whole process, and so would
 * terminating the thread while ONNX Runtime computes in it (it throws where nobody can catch): it is only asked to end.
 */
export class ThreadLink implements SessionLink {
  readonly ended: Promise<Error>;
  private readonly worker: Worker;
  private abandon: (error: Error) => void = () => undefined;

  constructor(body: URL) {
    this.worker = new Worker(body, { name: 'session' });
    this.ended = new Promise((ended) => {
      this.abandon = ended;
      this.worker.once('error', ended);
      this.worker.once('exit', (code) => ended(new Error(`The thread ended with code ${code}`)));
    });
  }

  send(message: ToSession): void {
    // Handed over, not copied: nobody reads the inputs again.
    this.worker.postMessage(message, message.kind === 'run' ? buffersOf(message.inputs) : []);
  }

  onMessage(hear: (message: FromSession) => void): void {
    this.worker.on('message', hear);
  }

  kill(): void {
    this.send({ kind: 'stop' });
    this.worker.removeAllListeners('message');
    this.worker.unref();
    runaways.add(this.worker);
    this.worker.once('exit', () => runaways.delete(this.worker));
    this.abandon(new Error('The thread was left to itself'));
  }
}
