import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { Code, ConnectError, createClient, type Client } from '@connectrpc/connect';
import { createGrpcTransport } from '@connectrpc/connect-node';
import { RegistryService, type RegisterVersionResponse } from '@vinaigrette/contracts/registry';
import pg from 'pg';
import { Cable } from './cable.js';

const MAIN = fileURLToPath(new URL('../dist/src/main.js', import.meta.url));

export interface Line {
  msg: string;
  http: number;
  grpc: number;
  [more: string]: unknown;
}

/** The built registry as a process of its own. */
export class RunningRegistry {
  readonly lines: Line[] = [];
  readonly exited: Promise<unknown>;
  private readonly listeners = new Set<() => void>();

  constructor(readonly process: ChildProcess) {
    this.exited = once(process, 'exit');
    createInterface({ input: process.stdout as Readable }).on('line', (line) => {
      this.lines.push(JSON.parse(line) as Line);
      for (const listener of this.listeners) listener();
    });
    process.stderr?.pipe(globalThis.process.stderr);
  }

  /** The first line of the log with that message, once it is there. Rejects when the process ends without one. */
  async line(message: string): Promise<Line> {
    return new Promise((resolve, reject) => {
      const look = () => {
        const found = this.lines.find(({ msg }) => msg === message);
        if (!found) return;
        this.listeners.delete(look);
        resolve(found);
      };
      this.listeners.add(look);
      look();
      void this.exited.then(() =>
        reject(new Error(`It ended and never said "${message}": ${JSON.stringify(this.lines)}`)),
      );
    });
  }

  async addresses(): Promise<{ http: string; grpc: string }> {
    const { http, grpc } = await this.line('listening');
    return { http: `http://127.0.0.1:${http}`, grpc: `http://127.0.0.1:${grpc}` };
  }

  async client(): Promise<Client<typeof RegistryService>> {
    const { grpc } = await this.addresses();
    // Node's own 10 MB would end a call with a larger message before the registry could refuse it.
    return createClient(RegistryService, createGrpcTransport({ baseUrl: grpc, nodeOptions: { maxSessionMemory: 64 } }));
  }

  async kill(signal: NodeJS.Signals): Promise<void> {
    this.process.kill(signal);
    await this.exited;
  }
}

/** A database and an artefact folder of a test's own, and registries on them. */
export class Workbench {
  private readonly running: RunningRegistry[] = [];
  private readonly cables: Cable[] = [];

  private constructor(
    readonly databaseUrl: string,
    readonly folder: string,
    private readonly server: string,
  ) {}

  static async open(server = process.env.DATABASE_URL as string): Promise<Workbench> {
    const name = `vinaigrette_registry_${process.pid}_${Math.random().toString(36).slice(2, 10)}`;
    await query(server, `CREATE DATABASE ${name}`);
    const url = new URL(server);
    url.pathname = name;
    return new Workbench(url.href, await mkdtemp(join(tmpdir(), 'vinaigrette-registry-')), server);
  }

  start(env: Record<string, string> = {}): RunningRegistry {
    const registry = new RunningRegistry(
      spawn(process.execPath, [MAIN], {
        env: {
          PATH: process.env.PATH,
          DATABASE_URL: this.databaseUrl,
          ARTIFACT_DIR: this.folder,
          REGISTRY_HTTP_PORT: '0',
          REGISTRY_GRPC_PORT: '0',
          ...env,
        },
        stdio: ['ignore', 'pipe', 'pipe'],
      }),
    );
    this.running.push(registry);
    return registry;
  }

  /** A way to the database that the test can cut; not plugged in yet. */
  async cable(): Promise<Cable> {
    const cable = await Cable.to(this.databaseUrl);
    this.cables.push(cable);
    return cable;
  }

  query<Row extends pg.QueryResultRow>(text: string, values: unknown[] = []): Promise<Row[]> {
    return query<Row>(this.databaseUrl, text, values);
  }

  async close(): Promise<void> {
    await Promise.all(this.running.map((registry) => registry.kill('SIGKILL')));
    for (const cable of this.cables) cable.cut();
    await query(this.server, `DROP DATABASE ${new URL(this.databaseUrl).pathname.slice(1)} WITH (FORCE)`);
    await rm(this.folder, { recursive: true });
  }
}

async function query<Row extends pg.QueryResultRow>(url: string, text: string, values: unknown[] = []): Promise<Row[]> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query<Row>(text, values)).rows;
  } finally {
    await client.end();
  }
}

type RegistryClient = Client<typeof RegistryService>;

export async function upload(client: RegistryClient, bytes: Uint8Array, chunkBytes = 64 * 1024) {
  async function* chunks() {
    for (let at = 0; at === 0 || at < bytes.byteLength; at += chunkBytes) {
      yield { chunk: bytes.subarray(at, at + chunkBytes) };
    }
  }
  return client.uploadArtifact(chunks());
}

/** Uploads the files and registers them. */
export async function register(
  client: RegistryClient,
  model: string,
  files: Record<string, Uint8Array>,
): Promise<RegisterVersionResponse> {
  const uploaded = await Promise.all(
    Object.entries(files).map(async ([path, bytes]) => ({ path, ...(await upload(client, bytes)) })),
  );
  const named = uploaded.map(({ path, sha256, sizeBytes }) => ({ path, sha256, sizeBytes }));
  return client.registerVersion({ model, files: named, actor: 'test', description: '' });
}

/** Why a call was refused: Connect's code, ours, and the field; undefined when it was not. */
export async function refusal(call: Promise<unknown> | AsyncIterable<unknown>) {
  try {
    if (Symbol.asyncIterator in call) for await (const message of call) void message;
    else await call;
    return undefined;
  } catch (error) {
    const { code, metadata, message } = ConnectError.from(error);
    const field = metadata.get('problem-field');
    return {
      status: Code[code],
      code: metadata.get('problem-code'),
      field: field === null ? undefined : decodeURIComponent(field),
      message,
    };
  }
}

/** Tries again until the expectations hold; throws the last failure after a minute. */
export async function eventually(expectations: () => unknown): Promise<void> {
  for (let tries = 0; ; tries++) {
    try {
      await expectations();
      return;
    } catch (error) {
      if (tries === 600) throw error;
      await sleep(100);
    }
  }
}
