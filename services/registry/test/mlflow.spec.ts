import { once } from 'node:events';
import { request, type IncomingMessage } from 'node:http';
import { json } from 'node:stream/consumers';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import type { Client } from '@connectrpc/connect';
import type { RegistryService } from '@vinaigrette/contracts/registry';
import { describeWith } from '../../../tools/real-part.mjs';
import { refusal, register, Workbench } from './running-registry.js';
import { tinyFiles } from './tiny-model.js';

const API = '/api/2.0/mlflow';
const ARTIFACTS = '/api/2.0/mlflow-artifacts/artifacts';

/** What no client of MLflow's would send, and somebody will. */
describeWith('PostgreSQL', 'DATABASE_URL', "MLflow's REST API, asked badly", () => {
  let bench: Workbench;
  let http: string;
  let client: Client<typeof RegistryService>;
  let run: string;
  beforeAll(async () => {
    bench = await Workbench.open();
    const registry = bench.start();
    http = (await registry.addresses()).http;
    client = await registry.client();
    const { body } = await call('POST', `${API}/runs/create`, { experiment_id: '0', unknown: { field: 1 } });
    run = (body as { run: { info: { run_id: string } } }).run.info.run_id;
  }, 60_000);
  afterAll(() => bench?.close());

  async function call(method: string, path: string, body?: unknown) {
    const response = await fetch(http + path, {
      method,
      ...(body !== undefined && { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    });
    const text = await response.text();
    return {
      status: response.status,
      body: (text.startsWith('{') ? JSON.parse(text) : text) as Record<string, unknown>,
    };
  }
  const put = (path: string, body: string) => call('PUT', `${ARTIFACTS}/${path}`, body);
  const invalid = { status: 400, body: { error_code: 'INVALID_PARAMETER_VALUE' } };

  /** As written: nothing is resolved on the way. */
  const raw = async (method: string, path: string, body?: string) => {
    const { hostname, port } = new URL(http);
    const sent = request({ hostname, port, method, path }).end(body);
    const [answer] = (await once(sent, 'response')) as [IncomingMessage];
    return { status: answer.statusCode, body: (await json(answer)) as Record<string, unknown> };
  };

  it.each([
    '../../../etc/passwd',
    'a/../../b',
    './b',
    '..%2f..%2fetc%2fpasswd',
    'a/..%2f..%2fb',
    '%2e%2e/b',
    '%252e%252e%252fb',
    '%25252e%25252e/b',
    '%2fetc/passwd',
    '//etc/passwd',
    'a%5c..%5cb',
    'a%255cb',
    'C:/b',
    'C%3a%5cb',
    'a%00b',
    'a%0ab',
    'a%2f%2fb',
    'x'.repeat(1_025),
  ])('takes no artefact at the path %s, shows none and takes none away', async (path) => {
    for (const method of ['PUT', 'GET', 'DELETE']) {
      expect(await raw(method, `${ARTIFACTS}/${path}`, method === 'PUT' ? 'x' : undefined)).toMatchObject(invalid);
    }
    expect((await call('GET', `${ARTIFACTS}?path=`)).body).toEqual({ files: [] });
  });

  it.each(['../x', '/etc', 'a/../../b', 'a\\b', '%2e%2e/x', '%252e%252e', 'a\0', 'x'.repeat(1_025)])(
    'lists nothing at %j, and makes no version of it',
    async (path) => {
      const query = `path=${encodeURIComponent(path)}`;
      expect(await call('GET', `${ARTIFACTS}?${query}`)).toMatchObject(invalid);
      expect(await call('GET', `${API}/artifacts/list?run_id=${run}&${query}`)).toMatchObject(invalid);
      await call('POST', `${API}/registered-models/create`, { name: 'climber' });
      const source = `mlflow-artifacts:/0/${path}`;
      expect(await call('POST', `${API}/model-versions/create`, { name: 'climber', source })).toMatchObject(invalid);
    },
  );

  it('neither changes nor adds what a registered version holds', async () => {
    expect(await put('registered/basket/1/model.onnx', 'mine')).toMatchObject(invalid);
    expect(await call('DELETE', `${ARTIFACTS}/registered/basket`)).toMatchObject(invalid);
  });

  it('has no file where a folder is, and no folder below a file', async () => {
    expect(await put('0/a/b.txt', '1')).toMatchObject({ status: 200 });
    expect(await put('0/a', '2')).toMatchObject(invalid);
    expect(await put('0/a/b.txt/c', '3')).toMatchObject(invalid);
    expect(await put('0/a/b.txt', '4')).toMatchObject({ status: 200 });
    expect((await call('GET', `${ARTIFACTS}/0/a/b.txt`)).body).toBe('4');
    await call('DELETE', `${ARTIFACTS}/0/a`);
    expect(await call('GET', `${ARTIFACTS}/0/a/b.txt`)).toMatchObject({ status: 404 });
  });

  it('keeps nothing of an upload that breaks off', async () => {
    const half = new ReadableStream({
      start: (stream) => {
        stream.enqueue(Buffer.alloc(100_000));
        setTimeout(() => stream.error(new Error('the client is gone')), 50);
      },
    });
    await expect(
      fetch(`${http}${ARTIFACTS}/0/half.bin`, { method: 'PUT', body: half, duplex: 'half' } as never),
    ).rejects.toThrow();
    expect(await call('GET', `${ARTIFACTS}/0/half.bin`)).toMatchObject({ status: 404 });
  });

  it.each([
    { what: 'no JSON', path: '/runs/create', body: '{', whole: true },
    { what: 'a list', path: '/runs/log-batch', body: [1], whole: true },
    { what: 'no run', path: '/runs/log-batch', body: {}, whole: true },
    { what: 'a tag beyond all bounds', path: '/runs/set-tag', body: { key: 'k', value: 'x'.repeat(8_001) } },
    { what: 'a tag with NUL', path: '/runs/set-tag', body: { key: 'k', value: 'a\0' } },
    { what: 'a key that climbs', path: '/runs/set-tag', body: { key: '../k', value: 'v' } },
    { what: 'a value that is none', path: '/runs/log-metric', body: { key: 'm', value: 'many', timestamp: 1 } },
    { what: 'a time before time', path: '/runs/log-metric', body: { key: 'm', value: 1, timestamp: -1 } },
    {
      what: 'a step beyond 64 bits',
      path: '/runs/log-metric',
      body: { key: 'm', value: 1, timestamp: 1, step: '9'.repeat(30) },
    },
    {
      what: 'too many metrics',
      path: '/runs/log-batch',
      body: { metrics: Array.from({ length: 1_001 }, () => ({ key: 'm', value: 1, timestamp: 1 })) },
    },
    { what: 'too large a page', path: '/runs/search', body: { experiment_ids: ['0'], max_results: 1e9 } },
    { what: 'a page before the first', path: '/runs/search', body: { experiment_ids: ['0'], max_results: 0 } },
    { what: 'another status', path: '/runs/update', body: { status: 'LOST' } },
  ])('refuses $what', async ({ path, body, whole }) => {
    expect(await call('POST', API + path, whole ? body : { run_id: run, ...(body as object) })).toMatchObject(invalid);
  });

  it.each([
    "tags.a = ''' OR ''1''=''1'",
    "params.`k'; DROP TABLE registry.mlflow_run; --` = 'x'",
    'metrics.`a") OR (1=1` > 0',
    "tags.a LIKE '\\'' OR 1=1 --'",
  ])('finds nothing by %s, and is still there', async (filter) => {
    const { status, body } = await call('POST', `${API}/runs/search`, { experiment_ids: ['0'], filter });
    expect({ status, runs: body['runs'] }).toEqual({ status: 200, runs: [] });
    expect(await call('GET', `${API}/runs/get?run_id=${run}`)).toMatchObject({ status: 200 });
  });

  it.each([
    { what: "a tag's key", path: '/runs/set-tag', at: { key: 'k'.repeat(250), value: '' } },
    { what: "a tag's value", path: '/runs/set-tag', at: { key: 'k', value: 'v'.repeat(8_000) } },
    { what: "a parameter's key", path: '/runs/log-parameter', at: { key: 'k'.repeat(250), value: '' } },
    { what: "a metric's key", path: '/runs/log-metric', at: { key: 'k'.repeat(250), value: 1, timestamp: 0 } },
    { what: "an experiment's name", path: '/experiments/create', at: { name: 'n'.repeat(500) } },
    { what: "a model's name", path: '/registered-models/create', at: { name: 'n'.repeat(250) } },
    {
      what: "a model's tag",
      path: '/registered-models/create',
      at: { name: 'tagged', tags: [{ key: 'k', value: 'v'.repeat(100_000) }] },
      above: { name: 'more-tagged', tags: [{ key: 'k', value: 'v'.repeat(100_001) }] },
    },
    {
      what: "a model's description",
      path: '/registered-models/create',
      at: { name: 'd', description: 'd'.repeat(100_000) },
    },
  ])('takes $what as long as it may be, and no character more', async ({ path, at, above }) => {
    const longer = (value: unknown) => (typeof value === 'string' && value.length >= 250 ? `${value}x` : value);
    const oneMore = above ?? Object.fromEntries(Object.entries(at).map(([key, value]) => [key, longer(value)]));
    const unknown = { run_id: run, field_of_tomorrow: { nested: [1] } };
    expect(await call('POST', API + path, { ...unknown, ...oneMore })).toMatchObject(invalid);
    expect(await call('POST', API + path, { ...unknown, ...at })).toMatchObject({ status: 200 });
  });

  it.each([
    '/experiments/search',
    '/runs/search',
    '/logged-models/search',
    '/registered-models/search',
    '/model-versions/search',
  ])('lets nobody speak SQL at %s', async (path) => {
    const search = (words: object) =>
      path.startsWith('/registered-models') || path.startsWith('/model-versions')
        ? call('GET', `${API}${path}?${new URLSearchParams(words as Record<string, string>).toString()}`)
        : call('POST', API + path, { experiment_ids: ['0'], max_results: 10, ...words });
    for (const words of [
      { filter: "name = 'x'; DROP TABLE registry.mlflow_run" },
      { filter: "name = 'x' OR 1 = 1" },
      { filter: "name = 'x' --" },
      { filter: "(SELECT 1) = '1'" },
      { filter: 'tags.`a` = pg_sleep(10)' },
      { filter: 'x'.repeat(10_000) },
      { order_by: path.startsWith('/r') || path.startsWith('/m') ? 'name; SELECT 1' : ['name; SELECT 1'] },
      { page_token: "' OR 1=1" },
    ]) {
      expect([words, await search(words)]).toMatchObject([words, invalid]);
    }
    expect(await search({})).toMatchObject({ status: 200 });
  });

  it('says what it does not answer, in the codes of MLflow', async () => {
    expect(await call('POST', '/api/2.0/mlflow/traces', {})).toMatchObject({
      status: 404,
      body: { error_code: 'ENDPOINT_NOT_FOUND', message: expect.stringContaining('/mlflow/traces') },
    });
    expect(await call('POST', '/ajax-api/2.0/mlflow/experiments/search', {})).toMatchObject({ status: 200 });
  });

  it('shows models that were registered elsewhere, hides them when told, and numbers on', async () => {
    await register(client, 'elsewhere', tinyFiles());
    const versions = async () => {
      const { body } = await call(
        'GET',
        `${API}/model-versions/search?filter=${encodeURIComponent("name = 'elsewhere'")}`,
      );
      return (body['model_versions'] as { version: string }[]).map(({ version }) => version);
    };
    expect(await versions()).toEqual(['1']);
    const source = `mlflow-artifacts:/0/${run}/artifacts/nothing`;
    const created = await call('POST', `${API}/model-versions/create`, { name: 'elsewhere', source });
    expect(created.body).toMatchObject({
      model_version: { version: '2', status: 'READY', status_message: expect.stringContaining('MLmodel') },
    });
    const next = await register(client, 'elsewhere', tinyFiles({ 'card.json': { other: true } }));
    expect(next).toMatchObject({ created: true, modelVersion: { version: 3 } });
    const wish = { subject: { kind: 'model', name: 'elsewhere' }, alias: 'champion', actor: 'test', reason: 'because' };
    expect(await refusal(client.setAlias({ ...wish, version: 2 }))).toMatchObject({
      code: expect.stringMatching(/^VERSION_NOT/),
    });
    await client.setAlias({ ...wish, version: 3 });
    const one = { name: 'elsewhere', version: '3' };
    expect(await call('DELETE', `${API}/model-versions/delete`, one)).toMatchObject(invalid);
    expect(await call('DELETE', `${API}/model-versions/delete`, { ...one, version: '1' })).toMatchObject({
      status: 200,
    });
    expect((await versions()).sort()).toEqual(['2', '3']);
    expect((await client.getModelVersion({ model: 'elsewhere', version: '1' })).modelVersion).toMatchObject({
      version: 1,
    });
  }, 60_000);

  it('renames a model with its versions, aliases and files, unless it is served', async () => {
    const rename = (name: string, new_name: string) =>
      call('POST', `${API}/registered-models/rename`, { name, new_name });
    const version = (name: string) => call('GET', `${API}/model-versions/get?name=${name}&version=1`);
    const source = `mlflow-artifacts:/0/${run}/artifacts`;
    await put(`0/${run}/artifacts/notes.txt`, 'kept');
    await call('POST', `${API}/registered-models/create`, { name: 'old-name' });
    await call('POST', `${API}/model-versions/create`, { name: 'old-name', source });
    await call('POST', `${API}/registered-models/alias`, { name: 'old-name', alias: 'best', version: '1' });
    expect(await rename('old-name', 'a new name')).toMatchObject({
      status: 200,
      body: { registered_model: { name: 'a new name', aliases: [{ alias: 'best', version: '1' }] } },
    });
    expect(await version('a%20new%20name')).toMatchObject({
      status: 200,
      body: { model_version: { aliases: ['best'] } },
    });
    const uri = await call('GET', `${API}/model-versions/get-download-uri?name=a%20new%20name&version=1`);
    const folder = String(uri.body['artifact_uri']).slice('mlflow-artifacts:/'.length);
    expect(folder).toMatch(/^registered\//);
    expect((await call('GET', `${ARTIFACTS}/${folder}/notes.txt`)).body).toBe('kept');
    expect((await call('GET', `${ARTIFACTS}?path=registered/old-name`)).body).toEqual({ files: [] });
    expect(await version('old-name')).toMatchObject({ status: 404 });

    expect(await rename('old-name', 'other')).toMatchObject({ status: 404 });
    expect(await rename('a new name', 'a/b')).toMatchObject(invalid);
    expect(await rename('a new name', 'elsewhere')).toMatchObject({
      status: 400,
      body: { error_code: 'RESOURCE_ALREADY_EXISTS' },
    });
    expect(await rename('elsewhere', 'other')).toMatchObject({
      status: 400,
      body: { message: expect.stringContaining('model servers load') },
    });
  });

  it('gives a hundred versions at once numbers without gaps or doubles', async () => {
    await call('POST', `${API}/registered-models/create`, { name: 'crowd' });
    const answers = await Promise.all(
      Array.from({ length: 100 }, () =>
        call('POST', `${API}/model-versions/create`, { name: 'crowd', source: 's3://elsewhere/model' }),
      ),
    );
    const numbers = answers.map(({ body }) => Number((body['model_version'] as { version: string }).version));
    expect(numbers.sort((a, b) => a - b)).toEqual(Array.from({ length: 100 }, (_, index) => index + 1));
  }, 60_000);
});
