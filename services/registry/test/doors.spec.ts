import { spawnSync } from 'node:child_process';
import { createServer } from 'node:net';
import { once } from 'node:events';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { createClient } from '@connectrpc/connect';
import { createConnectTransport, createGrpcWebTransport } from '@connectrpc/connect-node';
import { RegistryService } from '@vinaigrette/contracts/registry';
import pg from 'pg';
import { describeWith } from '../../../tools/real-part.mjs';
import { eventually, refusal, register, Workbench, type RunningRegistry } from './running-registry.js';
import { slowModel, tinyFiles } from './tiny-model.js';

const by = { actor: 'test', reason: 'because' };

describeWith('PostgreSQL', 'DATABASE_URL', "the registry's doors", () => {
  let bench: Workbench;
  let registry: RunningRegistry;
  let http: string;
  beforeAll(async () => {
    bench = await Workbench.open();
    registry = bench.start();
    http = (await registry.addresses()).http;
  }, 60_000);
  afterAll(() => bench?.close());

  const get = async (path: string) => {
    const response = await fetch(http + path);
    const type = response.headers.get('content-type')?.split(';')[0];
    const text = await response.text();
    return { status: response.status, type, body: type?.endsWith('json') ? (JSON.parse(text) as unknown) : text };
  };
  const post = async (method: string, body: unknown, headers: Record<string, string> = {}) => {
    const response = await fetch(`${http}/vinaigrette.registry.v1.RegistryService/${method}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body: typeof body === 'string' ? body : JSON.stringify(body),
    });
    return { status: response.status, body: (await response.json()) as Record<string, unknown> };
  };

  it.each([
    { door: 'Connect', transport: () => createConnectTransport({ baseUrl: http, httpVersion: '1.1' }) },
    {
      door: 'Connect in JSON',
      transport: () => createConnectTransport({ baseUrl: http, httpVersion: '1.1', useBinaryFormat: false }),
    },
    { door: 'gRPC-Web', transport: () => createGrpcWebTransport({ baseUrl: http, httpVersion: '1.1' }) },
  ])(
    'does everything by $door on the HTTP port',
    async ({ door, transport }) => {
      const client = createClient(RegistryService, transport());
      const name = door.toLowerCase().replaceAll(/\W/g, '-');
      const files = tinyFiles();
      const { modelVersion } = await register(client, name, files);
      expect(modelVersion).toMatchObject({ version: 1 });
      const wish = { subject: { kind: 'model', name }, alias: 'champion', version: 1, ...by };
      await client.setAlias(wish);
      expect(await refusal(client.setAlias({ ...wish, reason: '' }))).toMatchObject({
        code: 'BODY_INVALID',
        field: 'reason',
      });
      const leave = new AbortController();
      for await (const { state } of client.watch({}, { signal: leave.signal })) {
        expect(state?.models.find((model) => model.name === name)?.aliases).toEqual({ champion: 1 });
        break;
      }
      leave.abort();
      const sha256 = modelVersion?.files.find(({ path }) => path === 'model.onnx')?.sha256;
      const chunks: Uint8Array[] = [];
      for await (const { chunk } of client.downloadArtifact({ sha256 })) chunks.push(chunk);
      expect(Buffer.concat(chunks).equals(files['model.onnx'] as Uint8Array)).toBe(true);
    },
    60_000,
  );

  it('takes plain JSON, as curl sends it', async () => {
    const bodyJson = '{"rules":[]}';
    const put = { kind: 'rule-set', name: 'by-curl', bodyJson, actor: 'test' };
    expect(await post('PutDocument', put)).toMatchObject({
      status: 200,
      body: { created: true, document: { version: 1 } },
    });
    const wish = { subject: { kind: 'rule-set', name: 'by-curl' }, alias: 'champion', version: 1, ...by };
    expect(await post('SetAlias', wish)).toMatchObject({ status: 200, body: { change: { to: 1 } } });
    expect(await post('SetAlias', { ...wish, version: 0, expected: 7 })).toMatchObject({
      status: 409,
      body: { code: 'aborted', message: expect.stringMatching(/^\[ALIAS_MOVED\] .+ Remedy: .+/) },
    });
  });

  it.each([
    { what: 'no JSON', body: '{', status: 400 },
    { what: 'a field there is not', body: { kind: 'rule-set', poem: 1 }, status: 400 },
    { what: 'a wrong type', body: { kind: 7 }, status: 400 },
    {
      what: 'half a character',
      body: '{"kind":"rule-set","name":"a","actor":"\\ud800","bodyJson":"{\\"rules\\":[]}"}',
      status: 400,
    },
  ])('answers $what with $status', async ({ body, status }) => {
    expect(await post('PutDocument', body)).toMatchObject({ status });
  });

  it('reads models and documents by REST, as the messages in JSON', async () => {
    const client = createClient(RegistryService, createConnectTransport({ baseUrl: http, httpVersion: '1.1' }));
    await register(client, 'by-rest', tinyFiles());
    expect(await get('/v1/models/by-rest')).toMatchObject({
      status: 200,
      type: 'application/json',
      body: { name: 'by-rest', versions: [{ version: 1, createdAtMs: expect.stringMatching(/^\d{13}$/) }] },
    });
    const { body } = await get('/v1/models');
    expect(body).toMatchObject({ models: expect.arrayContaining([expect.objectContaining({ name: 'by-rest' })]) });
    await client.putDocument({ kind: 'rule-set', name: 'by-rest', bodyJson: '{"rules":[]}', actor: 'test' });
    const named = { documents: expect.arrayContaining([expect.objectContaining({ name: 'by-rest', version: 1 })]) };
    expect(await get('/v1/documents')).toMatchObject({ status: 200, body: named });
    expect(await get('/v1/documents?kind=rule-set')).toMatchObject({ status: 200, body: named });
    expect(await get('/v1/documents?kind=use-case')).toMatchObject({ status: 200, body: {} });
  }, 60_000);

  it.each([
    { path: '/v1/models/ghost', status: 404, code: 'MODEL_NOT_FOUND', field: 'model' },
    { path: '/v1/models/..%2f..%2fetc', status: 422, code: 'BODY_INVALID', field: 'model' },
    { path: "/v1/documents?kind=a'--", status: 422, code: 'BODY_INVALID', field: 'kind' },
    { path: '/v1/documents?kind=a&kind=b', status: 422, code: 'BODY_INVALID', field: 'kind' },
    { path: '/v1/poems', status: 404, code: 'ROUTE_NOT_FOUND' },
  ])('answers $path with a problem: $code', async ({ path, status, code, field }) => {
    const answer = await get(path);
    expect(answer).toMatchObject({ status, type: 'application/problem+json', body: { code, status } });
    expect((answer.body as { field?: string }).field).toBe(field);
    expect(JSON.stringify(answer.body)).not.toMatch(/\.js:\d+/);
  });

  it('tells how it is', async () => {
    expect(await get('/healthz')).toMatchObject({ status: 200, body: { status: 'ok' } });
    expect(await get('/readyz')).toMatchObject({ status: 200, body: { status: 'ready' } });
    const metrics = await get('/metrics');
    expect(metrics).toMatchObject({ status: 200, type: 'text/plain' });
    expect(metrics.body).toContain('vinaigrette_registry_wanted_revision');
    expect(metrics.body).toMatch(/vinaigrette_registry_calls_total\{method="SetAlias",code="Aborted"\} 1/);
  });

  it('refuses a taken port, and names variable and remedy', async () => {
    const taken = createServer().listen(0, '127.0.0.1');
    await once(taken, 'listening');
    const { port } = taken.address() as { port: number };
    const refused = bench.start({ REGISTRY_GRPC_PORT: String(port) });
    expect(await refused.exited).toEqual([1, null]);
    expect(refused.lines.at(-1)?.msg).toMatch(new RegExp(`port ${port}.*REGISTRY_GRPC_PORT`));
    taken.close();
  }, 60_000);

  it('refuses an environment it does not understand, every bad variable at once', async () => {
    const env = { PATH: process.env.PATH, REGISTRY_HTTP_PORT: 'http', ARTIFACT_BYTES_MAX: '-1' };
    const main = new URL('../dist/src/main.js', import.meta.url).pathname;
    const { status, stdout } = spawnSync(process.execPath, [main], { env, encoding: 'utf8' });
    expect(status).toBe(1);
    const [said = '', ...more] = stdout.trimEnd().split('\n');
    expect(more).toEqual([]); // one line of the log, no stack
    for (const name of ['DATABASE_URL', 'REGISTRY_HTTP_PORT', 'ARTIFACT_BYTES_MAX']) expect(said).toContain(name);
  }, 60_000);

  it('lets the calls that are open finish when it is told to stop, and takes no new ones', async () => {
    const stopping = bench.start({ DRAIN_TIMEOUT_MS: '120000' });
    const client = await stopping.client();
    // The call stays open, however fast the machine: what numbers versions waits for this lock.
    const holder = new pg.Client({ connectionString: bench.databaseUrl });
    await holder.connect();
    await holder.query(`SELECT pg_advisory_lock(hashtextextended('model/last', 0))`);
    const registered = register(client, 'last', tinyFiles({ 'card.json': 'last' }));
    await eventually(async () => {
      const metrics = await (await fetch(`${(await stopping.addresses()).http}/metrics`)).text();
      expect(metrics).toMatch(/open_calls\{method="RegisterVersion"\} 1/);
    });
    stopping.process.kill('SIGTERM');
    await eventually(async () => expect(await refusal(client.listModels({}))).toBeDefined());
    await holder.end();
    expect(await registered).toMatchObject({ created: true, modelVersion: { version: 1 } });
    expect(await stopping.exited).toEqual([0, null]);
  }, 90_000);

  it('cuts what would outlast the drain, and says so to who waits for it', async () => {
    const stopping = bench.start({ DRAIN_TIMEOUT_MS: '4000' });
    const client = await stopping.client();
    const registered = refusal(register(client, 'never', tinyFiles({ 'model.onnx': slowModel() })));
    await eventually(async () => {
      const metrics = await (await fetch(`${(await stopping.addresses()).http}/metrics`)).text();
      expect(metrics).toMatch(/open_calls\{method="RegisterVersion"\} 1/);
    });
    stopping.process.kill('SIGTERM');
    expect(await stopping.exited).toEqual([0, null]);
    expect(await registered).toBeDefined();
  }, 90_000);
});
