import { createClient, type Client } from '@connectrpc/connect';
import { createGrpcTransport } from '@connectrpc/connect-node';
import { showKey } from '@vinaigrette/edge/connect';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { RegistryService, Role, type Key } from '@vinaigrette/contracts/registry';
import { describeWith } from '../../../tools/real-part.mjs';
import { refusal, Workbench } from './running-registry.js';

const ADMIN = 'an-admin-key-of-this-test';
const refused = { status: 'PermissionDenied', code: 'KEY_REFUSED' };

describeWith('PostgreSQL', 'DATABASE_URL', 'keys', () => {
  let bench: Workbench;
  let addresses: { http: string; grpc: string };
  let admin: Client<typeof RegistryService>;
  beforeAll(async () => {
    bench = await Workbench.open();
    addresses = await bench.start({ REGISTRY_ADMIN_KEY: ADMIN }).addresses();
    admin = withKey(ADMIN);
  }, 60_000);
  afterAll(() => bench?.close());

  const withKey = (text?: string) =>
    createClient(RegistryService, createGrpcTransport({ baseUrl: addresses.grpc, interceptors: [showKey(text)] }));
  const create = (role: Role, subjects: string[] = []) =>
    admin.createKey({ name: Role[role], role, subjects, actor: 'ana' });
  const put = (client: Client<typeof RegistryService>, name: string, cap = 1) =>
    client.putDocument({
      kind: 'rule-set',
      name,
      bodyJson: JSON.stringify({ rules: [{ id: 'few', action: 'cap', items: cap }] }),
      actor: 'test',
    });
  const mlflow = (method: string, path: string, body: string) =>
    fetch(`${addresses.http}/api/2.0${path}`, { method, body, headers: { authorization: `Bearer ${ADMIN}` } });
  const promote = (client: Client<typeof RegistryService>, name: string) =>
    client.setAlias({ subject: { kind: 'rule-set', name }, alias: 'champion', version: 1, actor: 'test', reason: 'r' });

  it('are asked for at both doors, but not of probes', async () => {
    expect(await refusal(withKey().listModels({}))).toMatchObject(refused);
    expect(await refusal(withKey('vin_0000000000000000_'.padEnd(64, 'x')).watch({}))).toMatchObject(refused);
    expect((await fetch(`${addresses.http}/v1/models`)).status).toBe(403);
    expect((await fetch(`${addresses.http}/api/2.0/mlflow/experiments/search`, { method: 'POST' })).status).toBe(403);
    expect((await fetch(`${addresses.http}/readyz`)).status).toBe(200);
    const authorization = `Bearer ${(await create(Role.READ)).text}`;
    expect((await fetch(`${addresses.http}/v1/models`, { headers: { authorization } })).status).toBe(200);
  });

  it('open what their role and their subjects say', async () => {
    const reader = withKey((await create(Role.READ)).text);
    const registrar = withKey((await create(Role.REGISTER)).text);
    const promoter = withKey((await create(Role.PROMOTE, ['shop'])).text);
    expect(await refusal(reader.listDocuments({}))).toBeUndefined();
    expect(await refusal(put(reader, 'shop'))).toMatchObject(refused);
    expect(await refusal(put(registrar, 'shop'))).toBeUndefined();
    expect(await refusal(put(registrar, 'other'))).toBeUndefined();
    expect(await refusal(promote(registrar, 'shop'))).toMatchObject(refused);
    expect(await refusal(promote(promoter, 'shop'))).toBeUndefined();
    expect(await refusal(promote(promoter, 'other'))).toMatchObject(refused);
    expect(await refusal(promoter.createKey({ name: 'x', role: Role.ADMIN, actor: 'x' }))).toMatchObject(refused);
  });

  it('open nothing once revoked', async () => {
    const { key, text } = await create(Role.READ);
    expect(await refusal(withKey(text).listModels({}))).toBeUndefined();
    expect((await admin.revokeKey({ id: (key as Key).id, actor: 'ana' })).key?.revokedAtMs).toBeGreaterThan(0n);
    expect(await refusal(withKey(text).listModels({}))).toMatchObject(refused);
    expect(await refusal(admin.revokeKey({ id: 'ghost', actor: 'ana' }))).toMatchObject({ code: 'KEY_NOT_FOUND' });
  });

  it('are kept as digests only', async () => {
    const { text } = await create(Role.READ);
    const rows = await bench.query('SELECT access_key::text AS row FROM registry.access_key');
    expect(rows.length).toBeGreaterThan(0);
    for (const { row } of rows) expect(row).not.toContain(text.split('_')[2]);
  });

  it('stand beside every write in the audit, and every refused one', async () => {
    const { key, text } = await create(Role.REGISTER);
    await put(withKey(text), 'audited');
    await refusal(promote(withKey(text), 'audited'));
    const [second, first] = (await admin.listAudit({ limit: 2 })).entries;
    const { id } = key as Key;
    expect(first).toMatchObject({ method: 'PutDocument', actor: 'test', key: id, subject: 'audited', outcome: 'ok' });
    expect(second).toMatchObject({ method: 'SetAlias', subject: 'audited', outcome: 'KEY_REFUSED' });
    await expect(bench.query('DELETE FROM registry.audit')).rejects.toThrow('append-only');
  });

  it.each([
    { row: 'document', write: () => put(admin, 'audited', 7) },
    { row: 'access_key', write: () => create(Role.READ) },
    { row: 'webhook', write: () => admin.addWebhook({ url: 'https://192.0.2.1/told', types: [], actor: 'ana' }) },
    { row: 'mlflow_experiment', write: () => mlflow('POST', '/mlflow/experiments/create', '{"name":"audited"}') },
    { row: 'mlflow_run', write: () => mlflow('POST', '/mlflow/runs/create', '{"experiment_id":"0"}') },
    { row: 'mlflow_artifact', write: () => mlflow('PUT', '/mlflow-artifacts/artifacts/0/audited.txt', 'text') },
  ])('stand in the audit in the very transaction that wrote the $row', async ({ row, write }) => {
    const [before] = await bench.query<{ id: string }>('SELECT coalesce(max(id), 0) AS id FROM registry.audit');
    await write();
    const lines = await bench.query(
      `SELECT outcome, EXISTS (SELECT FROM registry.${row} AS written WHERE written.xmin = audit.xmin) AS together
       FROM registry.audit WHERE id > $1`,
      [before?.id],
    );
    expect(lines).toEqual([{ outcome: 'ok', together: true }]);
  });

  it('are not asked for where no admin key is set', async () => {
    const open = await bench.start().client();
    expect(await refusal(open.listModels({}))).toBeUndefined();
    await put(open, 'audited', 2);
    expect((await open.listAudit({ limit: 1 })).entries).toMatchObject([{ method: 'PutDocument', key: '' }]);
  }, 60_000);
});
