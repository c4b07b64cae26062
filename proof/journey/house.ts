import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createWriteStream, mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('../', import.meta.resolve('@vinaigrette/proof/package.json')));
const READY_TIMEOUT_MS = 60_000;

/** The four services in the order they are started; they are stopped the other way round. */
export const serviceNames = ['registry', 'model-server', 'drift-monitor', 'app-gateway'] as const;
export type ServiceName = (typeof serviceNames)[number];

export interface HouseOptions {
  databaseUrl: string;
  kafkaBrokers?: string;
  environment?: Record<string, string>;
}

/** The token that lets a test say when a prediction happened. */
export const TRUSTED_CALLER_TOKEN = 'a-token-of-the-journey';

/** A command that runs beside the house. */
export interface Launched {
  child: ChildProcess;
  /** All that it has printed so far. */
  output(): string;
}

/**
 * The whole of Vinaigrette as a shop runs it: four processes on ports of their own, one folder for what they keep.
 * Needs `tsc -b` first, since it runs what was built.
 */
export class House {
  readonly dir = mkdtempSync(join(tmpdir(), 'vinaigrette-house-'));
  private readonly processes = new Map<ServiceName, ChildProcess>();
  private readonly launched = new Set<ChildProcess>();
  private constructor(
    private readonly environment: Record<string, string>,
    readonly ports: Ports,
  ) {}

  /**
   * Starts everything on an empty database. `kafkaBrokers` absent: the monitor reads the gateway's segments.
   * `environment`: variables for all of them.
   */
  static async open({ databaseUrl, kafkaBrokers, environment }: HouseOptions): Promise<House> {
    const ports = await freePorts();
    const kafka: Record<string, string> = kafkaBrokers === undefined ? {} : { KAFKA_BROKERS: kafkaBrokers };
    const house = new House({ DATABASE_URL: databaseUrl, ...kafka, ...environment }, ports);
    for (const name of serviceNames) await house.start(name);
    return house;
  }

  get gatewayUrl(): string {
    return `http://127.0.0.1:${this.ports.gatewayHttp}`;
  }
  get monitorUrl(): string {
    return `http://127.0.0.1:${this.ports.monitorHttp}`;
  }
  get registryAddress(): string {
    return `127.0.0.1:${this.ports.registryGrpc}`;
  }
  get eventLogDir(): string {
    return join(this.dir, 'event-log');
  }

  /** What each service is told; a command of the CLI is given the same. */
  get env(): NodeJS.ProcessEnv {
    return {
      PATH: process.env.PATH,
      NODE_ENV: 'production',
      ...this.environment,
      REGISTRY_HTTP_PORT: String(this.ports.registryHttp),
      REGISTRY_GRPC_PORT: String(this.ports.registryGrpc),
      MODEL_SERVER_HTTP_PORT: String(this.ports.modelServerHttp),
      MODEL_SERVER_GRPC_PORT: String(this.ports.modelServerGrpc),
      MONITOR_HTTP_PORT: String(this.ports.monitorHttp),
      MONITOR_GRPC_PORT: String(this.ports.monitorGrpc),
      GATEWAY_HTTP_PORT: String(this.ports.gatewayHttp),
      GATEWAY_URL: this.gatewayUrl,
      MONITOR_URL: this.monitorUrl,
      REGISTRY_ADDRESS: this.registryAddress,
      MODEL_SERVER_ADDRESS: `127.0.0.1:${this.ports.modelServerGrpc}`,
      EVENT_LOG_DIR: this.eventLogDir,
      ARTIFACT_DIR: join(this.dir, 'artifacts'),
      MODEL_SERVER_CACHE_DIR: join(this.dir, 'model-server'),
      GATEWAY_CACHE_DIR: join(this.dir, 'gateway'),
      ARCHIVE_DIR: join(this.dir, 'archive'),
      ARCHIVE_FLUSH_MS: '500',
      TRUSTED_CALLER_TOKEN,
      STATE_DIR: join(this.dir, 'state'),
    };
  }

  /** Starts a service and waits until it listens. */
  async start(name: ServiceName): Promise<void> {
    const log = createWriteStream(join(this.dir, `${name}.log`), { flags: 'a' });
    const child = spawn(process.execPath, [join(ROOT, 'services', name, 'dist/src/main.js')], {
      env: this.env,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let text = '';
    for (const stream of [child.stdout, child.stderr]) {
      stream.on('data', (chunk: Buffer) => {
        if (text.length < 100_000) text += chunk.toString();
        log.write(chunk);
      });
    }
    this.processes.set(name, child);
    const deadline = Date.now() + READY_TIMEOUT_MS;
    while (!text.includes('"listening"')) {
      if (child.exitCode !== null) throw new Error(`${name} ended with ${child.exitCode}:\n${text}`);
      if (Date.now() > deadline) throw new Error(`${name} does not listen after ${READY_TIMEOUT_MS} ms:\n${text}`);
      await sleep(20);
    }
  }

  /** SIGKILL unless told otherwise: no goodbye. Waits until the process is gone. */
  async kill(name: ServiceName, signal: NodeJS.Signals = 'SIGKILL'): Promise<void> {
    const child = this.processes.get(name);
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    child.kill(signal);
    await once(child, 'exit');
  }

  /** Of the process that runs now, or ran last. */
  pidOf(name: ServiceName): number {
    const pid = this.processes.get(name)?.pid;
    if (pid === undefined) throw new Error(`${name} was never started`);
    return pid;
  }

  /** Whether the process still runs. */
  runs(name: ServiceName): boolean {
    const child = this.processes.get(name);
    return child !== undefined && child.exitCode === null && child.signalCode === null;
  }

  /** Runs the `vinaigrette` command as a person would, and answers with what it printed. */
  vinaigrette(...words: string[]): Promise<string> {
    return this.vinaigretteWith({}, ...words);
  }

  /** The same, with variables of its own. */
  async vinaigretteWith(environment: Record<string, string>, ...words: string[]): Promise<string> {
    const child = spawn(process.execPath, [join(ROOT, 'apps/cli/dist/src/main.js'), ...words], {
      env: { ...this.env, ...environment },
      cwd: this.dir,
    });
    let output = '';
    child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
    child.stderr.on('data', (chunk: Buffer) => (output += chunk.toString()));
    const [code] = (await once(child, 'close')) as [number];
    if (code !== 0) throw new Error(`vinaigrette ${words.join(' ')} ended with ${code}:\n${output}`);
    return output;
  }

  /** Starts a `vinaigrette` command that runs until it is ended, as this house's `close` does at the latest. */
  launch(...words: string[]): Launched {
    return this.launchWith({}, ...words);
  }

  /** The same, with variables of its own. */
  launchWith(environment: Record<string, string>, ...words: string[]): Launched {
    const child = spawn(process.execPath, [join(ROOT, 'apps/cli/dist/src/main.js'), ...words], {
      env: { ...this.env, ...environment },
      cwd: this.dir,
    });
    let output = '';
    for (const stream of [child.stdout, child.stderr])
      stream.on('data', (chunk: Buffer) => (output += chunk.toString()));
    this.launched.add(child);
    return { child, output: () => output };
  }

  /** Waits until the process is gone. */
  async end({ child }: Pick<Launched, 'child'>, signal: NodeJS.Signals): Promise<void> {
    if (child.exitCode !== null || child.signalCode !== null) return;
    child.kill(signal);
    await once(child, 'exit');
  }

  /** Stops everything in order and forgets what it kept. */
  async close(): Promise<void> {
    for (const child of this.launched) await this.end({ child }, 'SIGKILL');
    for (const name of serviceNames.toReversed()) await this.kill(name, 'SIGTERM');
    rmSync(this.dir, { recursive: true, force: true });
  }
}

const portNames = [
  'registryHttp',
  'registryGrpc',
  'modelServerHttp',
  'modelServerGrpc',
  'monitorHttp',
  'monitorGrpc',
  'gatewayHttp',
] as const;
type Ports = Record<(typeof portNames)[number], number>;

/** Ports that were free a moment ago, held all at once so that they differ. */
async function freePorts(): Promise<Ports> {
  const servers = await Promise.all(
    portNames.map(async () => {
      const server = createServer().listen(0, '127.0.0.1');
      await once(server, 'listening');
      return server;
    }),
  );
  const numbers = servers.map((server) => (server.address() as { port: number }).port);
  await Promise.all(servers.map((server) => new Promise((done) => server.close(done))));
  return Object.fromEntries(portNames.map((name, index) => [name, numbers[index]])) as Ports;
}

/** Asks again until the answer satisfies, and says what the last one was when it never does. */
export async function eventually<T>(
  what: string,
  ask: () => Promise<T>,
  satisfied: (answer: T) => boolean,
  timeoutMs = 60_000,
): Promise<T> {
  const deadline = Date.now() + timeoutMs;
  for (;;) {
    const answer = await ask().catch((error: unknown) => error as T);
    if (!(answer instanceof Error) && satisfied(answer)) return answer;
    if (Date.now() > deadline) {
      const last = answer instanceof Error ? answer.message : JSON.stringify(answer)?.slice(0, 2_000);
      throw new Error(`After ${timeoutMs} ms still not ${what}; last: ${last}`);
    }
    await sleep(100);
  }
}
