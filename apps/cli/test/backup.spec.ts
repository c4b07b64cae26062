import { spawn, type ChildProcess } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { create, toBinary, type MessageInitShape } from '@bufbuild/protobuf';
import { createClient, type Client } from '@connectrpc/connect';
import { ModelProtoSchema, TensorProto_DataType } from '@vinaigrette/contracts/onnx';
import { RegistryService, RolloutKind, type WantedState } from '@vinaigrette/contracts/registry';
import { grpcTransport } from '@vinaigrette/edge/connect';
import { startMoto, type Moto } from '@vinaigrette/object-store/moto';
import pg from 'pg';
import { describeWith } from '../../../tools/real-part.mjs';
import { root } from '../src/config.js';

const RULES = { kind: 'rule-set', name: 'shop' };

interface Started {
  process: ChildProcess;
  address: string;
  http: string;
  calls: Client<typeof RegistryService>;
}

describeWith('PostgreSQL', 'DATABASE_URL', 'vinaigrette backup and restore-backup', () => {
  const server = process.env.DATABASE_URL as string;
  const databases: string[] = [];
  const processes: ChildProcess[] = [];
  let folder: string;
  let moto: Moto | undefined;
  let first: Started;

  beforeAll(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'vinaigrette-backup-'));
    if (process.env.PYTHON_CLIENTS) {
      moto = await startMoto(process.env.PYTHON_CLIENTS);
      await moto.makeBucket('backups');
    }
    first = await startRegistry('first');
    await live(first);
  }, 120_000);
  afterAll(async () => {
    for (const process of processes) process.kill('SIGKILL');
    await Promise.all(
      processes
        .filter(({ exitCode }) => exitCode === null)
        .map((process) => once(process, 'exit').catch(() => undefined)),
    );
    for (const name of databases) await query(`DROP DATABASE IF EXISTS ${name} WITH (FORCE)`);
    await moto?.stop();
    await rm(folder, { recursive: true, force: true });
  });

  async function query(text: string): Promise<void> {
    const client = new pg.Client({ connectionString: server });
    await client.connect();
    await client.query(text).finally(() => client.end());
  }

  async function startRegistry(name: string): Promise<Started> {
    const database = `vinaigrette_cli_${process.pid}_${name}_${Math.random().toString(36).slice(2, 8)}`;
    await query(`CREATE DATABASE ${database}`);
    databases.push(database);
    const url = new URL(server);
    url.pathname = database;
    const child = spawn(process.execPath, [path.join(root, 'services/registry/dist/src/main.js')], {
      env: {
        PATH: process.env.PATH,
        DATABASE_URL: url.href,
        ARTIFACT_DIR: path.join(folder, name),
        REGISTRY_HTTP_PORT: '0',
        REGISTRY_GRPC_PORT: '0',
      },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    processes.push(child);
    for await (const line of createInterface({ input: child.stdout as Readable })) {
      const { msg, grpc, http } = JSON.parse(line) as { msg: string; grpc: number; http: number };
      if (msg !== 'listening') continue;
      child.stdout?.resume();
      const address = `127.0.0.1:${grpc}`;
      return {
        process: child,
        address,
        http: `http://127.0.0.1:${http}`,
        calls: createClient(RegistryService, grpcTransport(address, { key: undefined, tls: undefined })),
      };
    }
    throw new Error('The registry ended before it listened');
  }

  async function vinaigrette(registry: Started, ...words: string[]): Promise<{ status: number; text: string }> {
    const child = spawn(process.execPath, [path.join(root, 'apps/cli/dist/src/main.js'), ...words], {
      env: { PATH: process.env.PATH, REGISTRY_ADDRESS: registry.address, ...moto?.env },
    });
    let text = '';
    child.stdout.on('data', (chunk: Buffer) => (text += chunk.toString()));
    child.stderr.on('data', (chunk: Buffer) => (text += chunk.toString()));
    const [status] = (await once(child, 'close')) as [number];
    return { status, text };
  }

  /** A version, documents, moves, a rollout, a run with an artefact, a key. */
  async function live({ calls, http }: Started): Promise<void> {
    const { sha256 } = await calls.uploadArtifact(inOne(negation()));
    for (const note of ['one', 'two']) {
      const card = await calls.uploadArtifact(inOne(Buffer.from(JSON.stringify({ note }))));
      const files = [
        { path: 'model.onnx', sha256 },
        { path: 'card.json', sha256: card.sha256 },
      ];
      await calls.registerVersion({ model: 'example', files, actor: 'test' }, { timeoutMs: 120_000 });
    }
    const subject = { kind: 'model', name: 'example' };
    await calls.setAlias({ subject, alias: 'champion', version: 1, actor: 'mary', reason: 'the first' });
    await calls.startRollout({
      subject,
      alias: 'champion',
      candidate: 2,
      kind: RolloutKind.CANARY,
      actor: 'mary',
      reason: 'a trial',
    });
    for (const items of [3, 4]) {
      await calls.putDocument({
        ...RULES,
        bodyJson: JSON.stringify({ rules: [{ id: 'cap', action: 'cap', items }] }),
        actor: 'test',
      });
      await calls.setAlias({
        subject: RULES,
        alias: 'champion',
        version: items - 2,
        actor: 'mary',
        reason: `${items} – "quoted"\n`,
      });
    }
    const experiment = await fetch(`${http}/api/2.0/mlflow/experiments/create`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ name: 'trials' }),
    });
    expect(experiment.status).toBe(200);
    await fetch(`${http}/api/2.0/mlflow-artifacts/artifacts/1/run/artifacts/plot.txt`, {
      method: 'PUT',
      body: 'a plot',
    });
  }

  async function told({ calls }: Started) {
    const watching = new AbortController();
    let state: WantedState | undefined;
    for await (const answer of calls.watch({}, { signal: watching.signal })) {
      state = answer.state;
      break;
    }
    watching.abort();
    return {
      state: { ...state, revision: 0n },
      models: await calls.listModels({}),
      rules: await calls.listAliasChanges({ subject: RULES }),
      model: await calls.listAliasChanges({ subject: { kind: 'model', name: 'example' } }),
      rollouts: await calls.listRollouts({}),
      documents: await calls.listDocuments({}),
    };
  }

  const places = process.env.PYTHON_CLIENTS ? ['folder', 's3'] : ['folder'];
  it.each(places)(
    'puts a registry back from a backup in %s: the same state, the same history',
    async (kind) => {
      const place = kind === 's3' ? 's3://backups/of/monday' : path.join(folder, 'backup');
      const taken = await vinaigrette(first, 'backup', place);
      expect(taken).toEqual({ status: 0, text: expect.stringMatching(/holds \d+ rows and 4 artefacts/) as unknown });
      const second = await startRegistry(`second_${kind}`);
      expect(await vinaigrette(second, 'restore-backup', place)).toMatchObject({ status: 0 });
      expect(await told(second)).toEqual(await told(first));
      const plot = await fetch(`${second.http}/api/2.0/mlflow-artifacts/artifacts/1/run/artifacts/plot.txt`);
      expect(await plot.text()).toBe('a plot');
      // And life goes on: numbers count on, and what waits for a change hears of it.
      const { change, revision } = await second.calls.setAlias({
        subject: RULES,
        alias: 'champion',
        version: 1,
        actor: 'test',
        reason: 'on',
      });
      expect(change).toMatchObject({ from: 2, to: 1 });
      expect(revision > 0n).toBe(true);
      const again = await vinaigrette(second, 'restore-backup', place);
      expect(again.status).toBe(1);
      expect(again.text).toContain('REGISTRY_NOT_EMPTY');
    },
    240_000,
  );

  it('restores nothing from a backup that has rotted, in its rows or in a file, or was never finished', async () => {
    const place = path.join(folder, 'rotting');
    expect(await vinaigrette(first, 'backup', place)).toMatchObject({ status: 0 });
    expect((await vinaigrette(first, 'backup', place)).text).toContain('There is a backup already');
    const empty = await startRegistry('empty');
    const before = await told(empty);

    const [shard = ''] = await readdir(path.join(place, 'sha256'));
    const [name = ''] = await readdir(path.join(place, 'sha256', shard));
    const file = path.join(place, 'sha256', shard, name);
    const sound = await readFile(file);
    await rm(file);
    await writeFile(file, Buffer.concat([sound, Buffer.from('!')]));
    expect(await vinaigrette(empty, 'restore-backup', place)).toMatchObject({
      status: 1,
      text: expect.stringContaining('ARTIFACT_CORRUPT') as unknown,
    });
    await writeFile(file, sound);
    expect(createHash('sha256').update(sound).digest('hex')).toBe(name);

    const rows = path.join(place, 'rows.jsonl');
    const text = await readFile(rows, 'utf8');
    await rm(rows);
    await writeFile(rows, text.replace('mary', 'eve'));
    expect(await vinaigrette(empty, 'restore-backup', place)).toMatchObject({
      status: 1,
      text: expect.stringContaining('ARTIFACT_CORRUPT') as unknown,
    });

    await rm(path.join(place, 'manifest.json'));
    expect(await vinaigrette(empty, 'restore-backup', place)).toMatchObject({
      status: 1,
      text: expect.stringContaining('BACKUP_INVALID') as unknown,
    });
    expect(await told(empty)).toEqual(before);
  }, 240_000);
});

/** y = -x for FP32 [1]. */
function negation(): Uint8Array {
  const dim = [{ value: { case: 'dimValue' as const, value: 1n } }];
  const value = { case: 'tensorType' as const, value: { elemType: TensorProto_DataType.FLOAT, shape: { dim } } };
  const [input, output] = ['x', 'y'].map((name) => [{ name, type: { value } }]);
  const node = [{ opType: 'Neg', input: ['x'], output: ['y'] }];
  const model = { irVersion: 8n, opsetImport: [{ version: 13n }], graph: { name: 'negation', node, input, output } };
  return toBinary(ModelProtoSchema, create(ModelProtoSchema, model as MessageInitShape<typeof ModelProtoSchema>));
}

async function* inOne(bytes: Uint8Array): AsyncIterable<{ chunk: Uint8Array }> {
  for (let at = 0; at < bytes.byteLength; at += 512 * 1024) yield { chunk: bytes.subarray(at, at + 512 * 1024) };
}
