import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { create, fromBinary, toBinary, type MessageInitShape } from '@bufbuild/protobuf';
import { Client, credentials, type CallOptions, type Metadata, type ServiceError } from '@grpc/grpc-js';
import { grpcChannelOptions } from '@vinaigrette/contracts/grpc';
import {
  ModelInferRequestSchema,
  ModelInferResponseSchema,
  type ModelInferResponse,
} from '@vinaigrette/contracts/inference';

const MAIN = fileURLToPath(new URL('../dist/src/main.js', import.meta.url));
const INFER = '/inference.GRPCInferenceService/ModelInfer';

export type LogLine = Record<string, unknown> & { msg: string };

/** The real process, with its log read. */
export class RunningServer {
  private readonly clients: Client[] = [];
  private constructor(
    readonly process: ChildProcess,
    readonly log: LogLine[],
    readonly http: number,
    readonly grpc: number,
  ) {}

  static async start(env: Record<string, string>): Promise<RunningServer> {
    if (!existsSync(MAIN)) throw new Error(`${MAIN} is missing: build first, npx tsc -b services/model-server`);
    const { PATH = '' } = process.env;
    const child = spawn(process.execPath, [MAIN], {
      env: { PATH, MODEL_SERVER_HTTP_PORT: '0', MODEL_SERVER_GRPC_PORT: '0', ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const log: LogLine[] = [];
    const errors: string[] = [];
    child.stderr.on('data', (chunk: Buffer) => errors.push(String(chunk)));
    const ports = await new Promise<LogLine>((listening, failed) => {
      createInterface(child.stdout).on('line', (text) => {
        const line = JSON.parse(text) as LogLine;
        log.push(line);
        if (line.msg === 'listening') listening(line);
      });
      child.once('exit', (code) => failed(new Error(`exited with ${code}: ${errors.join('')}${JSON.stringify(log)}`)));
    });
    return new RunningServer(child, log, Number(ports['http']), Number(ports['grpc']));
  }

  get address(): string {
    return `127.0.0.1:${this.grpc}`;
  }

  /** A connection of its own. */
  connect(): Client {
    const client = new Client(this.address, credentials.createInsecure(), grpcChannelOptions);
    this.clients.push(client);
    return client;
  }

  get(path: string): Promise<Response> {
    return fetch(`http://127.0.0.1:${this.http}${path}`);
  }

  /** A line may come later than the answer to the call it tells of. */
  untilLogged(isSo: (line: LogLine) => boolean): Promise<void> {
    return until('it is logged', () => this.log.some(isSo));
  }

  async untilReady(): Promise<void> {
    await until('the server is ready', async () => (await this.get('/readyz')).status === 200);
  }

  /** Ends the process; answers with its exit code. */
  async stop(signal: NodeJS.Signals = 'SIGTERM'): Promise<number | null> {
    for (const client of this.clients.splice(0)) client.close();
    if (this.process.exitCode !== null || this.process.signalCode !== null) return this.process.exitCode;
    const exited = once(this.process, 'exit');
    this.process.kill(signal);
    const [code] = (await exited) as [number | null];
    return code;
  }
}

/** Waits for what will come true; fails after 300 s saying what did not. */
export async function until(what: string, isSo: () => Promise<boolean> | boolean, timeoutMs = 300_000): Promise<void> {
  const end = Date.now() + timeoutMs;
  while (!(await isSo())) {
    if (Date.now() > end) throw new Error(`Waited ${timeoutMs} ms, and still not: ${what}`);
    await new Promise((done) => setTimeout(done, 20));
  }
}

export type InferInit = MessageInitShape<typeof ModelInferRequestSchema>;

/** ModelInfer; rejects with grpc-js's ServiceError. */
export function infer(
  client: Client,
  init: InferInit,
  options: CallOptions | Metadata = {},
): Promise<ModelInferResponse> {
  const bytes = toBinary(ModelInferRequestSchema, create(ModelInferRequestSchema, init));
  return inferBytes(client, Buffer.from(bytes), options);
}

export function inferBytes(
  client: Client,
  bytes: Buffer,
  options: CallOptions | Metadata = {},
): Promise<ModelInferResponse> {
  return new Promise((answer, fail) => {
    client.makeUnaryRequest<Buffer, ModelInferResponse>(
      INFER,
      (message) => message,
      (message) => fromBinary(ModelInferResponseSchema, message),
      bytes,
      options as CallOptions, // grpc-js takes either
      (error: ServiceError | null, response) => (error ? fail(error) : answer(response as ModelInferResponse)),
    );
  });
}

/** Bytes and text as they are, anything else as JSON. */
export type Files = Record<string, Uint8Array | object | string>;

/** A model repository of the test's own. */
export class Repository {
  private constructor(readonly folder: string) {}

  static async create(): Promise<Repository> {
    return new Repository(await mkdtemp(join(tmpdir(), 'model-server-')));
  }

  /** Puts a version there in one piece. */
  async put(model: string, version: number, files: Files): Promise<void> {
    const beside = await mkdtemp(join(tmpdir(), 'model-server-version-'));
    for (const [name, body] of Object.entries(files)) {
      const plain = body instanceof Uint8Array || typeof body === 'string';
      await writeFile(join(beside, name), plain ? body : JSON.stringify(body));
    }
    await mkdir(join(this.folder, model), { recursive: true });
    await rename(beside, join(this.folder, model, String(version)));
  }

  async remove(model: string, version?: number): Promise<void> {
    const path = version === undefined ? join(this.folder, model) : join(this.folder, model, String(version));
    await rm(path, { recursive: true });
  }

  destroy(): Promise<void> {
    return rm(this.folder, { recursive: true, force: true });
  }
}
