import { spawn } from 'node:child_process';
import { mkdirSync, openSync, closeSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { connect } from 'node:net';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Problem } from '@vinaigrette/problems';
import { backOffMs } from '../domain/back-off.js';
import { endOfLog } from '../domain/end-of-log.js';
import type { ServicePlan } from '../domain/plan-house.js';
import { endGroup, runsScript } from './processes.js';

/** A log this long is put aside when its service starts; the one put aside before is dropped. */
const LOG_BYTES_MAX = 20 * 1024 * 1024;
/** After so long in service a death counts as the first one again. */
const STEADY_MS = 60_000;

/**
 * One service as a process of its own, started again whenever it dies. It leads a process group, so that Ctrl-C in a
 * terminal reaches only the supervisor, which then stops everything in order.
 */
export class ServiceProcess {
  readonly logFile: string;
  private readonly pidFile: string;
  private pid: number | undefined;
  private exited: Promise<void> = Promise.resolve();
  private started = false;
  private stopping = false;
  private deathsInARow = 0;
  private readonly waiting = new AbortController();

  constructor(
    private readonly plan: ServicePlan,
    private readonly settings: { stateDir: string; startTimeoutMs: number; drainTimeoutMs: number },
    /** Told when it dies and when it is back: one sentence each. */
    private readonly tell: (news: string) => void,
  ) {
    this.logFile = path.join(settings.stateDir, 'logs', `${plan.name}.log`);
    this.pidFile = path.join(settings.stateDir, 'run', `${plan.name}.pid`);
  }

  get name(): string {
    return this.plan.name;
  }

  /** Ends the process that a supervisor which was itself killed has left behind. True when there was one. */
  async endLeftover(): Promise<boolean> {
    const pid = Number(await readFile(this.pidFile, 'utf8').catch(() => '0'));
    const found = pid > 0 && (await runsScript(pid, this.plan.main));
    if (found) await endGroup(pid, this.settings.drainTimeoutMs);
    rmSync(this.pidFile, { force: true });
    return found;
  }

  /** Answers when it listens on all its ports. A service that ends before that is not tried again. */
  async start(): Promise<void> {
    this.putLogAside();
    this.spawn();
    await this.listens();
  }

  async stop(): Promise<NodeJS.Signals | undefined> {
    this.stopping = true;
    this.waiting.abort();
    if (this.pid === undefined) return undefined;
    const signal = await endGroup(this.pid, this.settings.drainTimeoutMs + 2_000);
    await this.exited;
    return signal;
  }

  private spawn(): void {
    mkdirSync(path.dirname(this.pidFile), { recursive: true });
    // The log is the process's own, so it goes on writing should the supervisor be killed.
    const log = openSync(this.logFile, 'a');
    const child = spawn(process.execPath, [this.plan.main], {
      env: { ...process.env, ...this.plan.env },
      stdio: ['ignore', log, log],
      detached: true,
    });
    closeSync(log);
    const startedAt = performance.now();
    this.pid = child.pid;
    writeFileSync(this.pidFile, String(child.pid));
    this.exited = new Promise((resolve) => {
      child.once('exit', (code, signal) => {
        this.pid = undefined;
        rmSync(this.pidFile, { force: true });
        resolve();
        if (this.stopping) return;
        if (performance.now() - startedAt > STEADY_MS) this.deathsInARow = 0;
        void this.startAgain(signal ?? `status ${code}`);
      });
    });
  }

  private async startAgain(how: string): Promise<void> {
    if (!this.started) return; // the first start tells its caller
    this.deathsInARow += 1;
    const waitMs = backOffMs(this.deathsInARow);
    this.tell(`${this.name} died (${how}); starting it again in ${waitMs / 1_000} s. Its log: ${this.logFile}`);
    await sleep(waitMs, undefined, { signal: this.waiting.signal }).catch(() => undefined);
    if (this.stopping) return;
    this.spawn();
    await this.listens().then(
      () => this.tell(`${this.name} is back`),
      () => undefined, // it died again, which was told, or is being stopped
    );
  }

  private async listens(): Promise<void> {
    const deadline = performance.now() + this.settings.startTimeoutMs;
    while (!(await Promise.all(this.plan.ports.map(answers))).every(Boolean)) {
      if (this.pid === undefined) throw await this.failure('ended before it listened');
      if (performance.now() > deadline)
        throw await this.failure(`does not listen after ${this.settings.startTimeoutMs} ms`);
      await sleep(25);
    }
    this.started = true;
  }

  private async failure(what: string): Promise<Problem> {
    const log = await readFile(this.logFile, 'utf8').catch(() => '');
    return new Problem('SERVICE_NOT_STARTED', `${this.name} ${what}. ${this.logFile} ends:\n${endOfLog(log, 5)}`);
  }

  private putLogAside(): void {
    mkdirSync(path.dirname(this.logFile), { recursive: true });
    const sizeBytes = statSync(this.logFile, { throwIfNoEntry: false })?.size ?? 0;
    if (sizeBytes > LOG_BYTES_MAX) renameSync(this.logFile, `${this.logFile}.1`);
  }
}

/** Whether somebody accepts connections on this loopback port. */
function answers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ port, host: '127.0.0.1' });
    const settle = (answer: boolean) => {
      socket.destroy();
      resolve(answer);
    };
    socket.once('connect', () => settle(true));
    socket.once('error', () => settle(false));
  });
}
