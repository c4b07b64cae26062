import { createHash } from 'node:crypto';
import { readdir, utimes } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import type { Client } from '@connectrpc/connect';
import { RolloutKind, type RegistryService } from '@vinaigrette/contracts/registry';
import { describeWith } from '../../../tools/real-part.mjs';
import { refusal, register, upload, Workbench } from './running-registry.js';
import { tinyFiles } from './tiny-model.js';

const MODEL = { kind: 'model', name: 'kept' };

describeWith('PostgreSQL', 'DATABASE_URL', 'garbage collection', () => {
  let bench: Workbench;
  let client: Client<typeof RegistryService>;
  let http: string;
  beforeAll(async () => {
    bench = await Workbench.open();
    const registry = bench.start();
    client = await registry.client();
    ({ http } = await registry.addresses());
  }, 60_000);
  afterAll(() => bench?.close());

  const card = (version: number) => Buffer.from(JSON.stringify({ version }));
  const sha256Of = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');
  const registerNumber = (version: number) => register(client, MODEL.name, tinyFiles({ 'card.json': card(version) }));
  const move = (version: number) =>
    client.setAlias({ subject: MODEL, alias: 'champion', version, actor: 'test', reason: `to ${version}` });
  const collect = (request: { delete?: boolean; keep?: number }) =>
    client.collectGarbage({ ...request, actor: 'test' });
  const stored = async () =>
    (await readdir(join(bench.folder, 'sha256'), { recursive: true }))
      .filter((path) => path.includes('/'))
      .map((path) => path.slice(3));
  /** As if everything had been stored two days ago. */
  const age = async () => {
    const then = new Date(Date.now() - 2 * 24 * 60 * 60 * 1_000);
    for (const name of await stored()) await utimes(join(bench.folder, 'sha256', name.slice(0, 2), name), then, then);
  };

  it('deletes what nothing names, once it is old, and nothing before it is told to', async () => {
    for (const version of [1, 2, 3, 4, 5]) await registerNumber(version);
    const { sha256 } = await upload(client, Buffer.from('nobody ever registers this'));
    expect(await collect({ delete: true })).toMatchObject({ garbageArtifacts: 0n }); // too young
    await age();
    expect(await collect({})).toMatchObject({
      garbage: [{ sha256 }],
      garbageArtifacts: 1n,
      garbageBytes: 26n,
      versions: [],
    });
    expect(await stored()).toContain(sha256);
    const { keptArtifacts } = await collect({ delete: true });
    expect(await stored()).not.toContain(sha256);
    expect((await stored()).length).toBe(Number(keptArtifacts));
  }, 180_000);

  it('keeps who holds an alias, held it before, is on trial, or was champion lately; and gives the rest up', async () => {
    for (const version of [1, 2, 3]) await move(version);
    await client.startRollout({
      subject: MODEL,
      alias: 'champion',
      candidate: 4,
      kind: RolloutKind.CANARY,
      actor: 'test',
      reason: 'a trial',
    });
    await age();
    const { versions } = await collect({ delete: true, keep: 1 });
    expect(versions).toMatchObject([
      { model: MODEL.name, version: 1 },
      { model: MODEL.name, version: 5 },
    ]);
    const there = await stored();
    expect([1, 2, 3, 4, 5].filter((version) => there.includes(sha256Of(card(version))))).toEqual([2, 3, 4]);
    // Every file of those that stay is there, also those they share with the ones that went.
    const { models } = await client.listModels({});
    for (const { version, files } of models[0]?.versions ?? []) {
      if ([2, 3, 4].includes(version)) expect(there).toEqual(expect.arrayContaining(files.map(({ sha256 }) => sha256)));
    }
  }, 180_000);

  it('refuses an alias for a version that was given up, until its files are registered again', async () => {
    expect(await refusal(move(1))).toMatchObject({ code: 'VERSION_COLLECTED', field: 'version' });
    expect(await registerNumber(1)).toMatchObject({ created: false, modelVersion: { version: 1 } });
    expect((await move(1)).change?.to).toBe(1);
    await age();
    // Its move ended the trial, and 3 held the alias before it.
    expect((await collect({ delete: true, keep: 1 })).versions.map(({ version }) => version)).toEqual([2, 4]);
  }, 180_000);

  it('keeps what a run logged, and what a document names', async () => {
    const named = Buffer.from('a validation set');
    await upload(client, named);
    await client.putDocument({
      kind: 'rule-set',
      name: 'shop',
      bodyJson: JSON.stringify({ rules: [{ id: sha256Of(named), action: 'cap', items: 3 }] }),
      actor: 'test',
    });
    const logged = await fetch(`${http}/api/2.0/mlflow-artifacts/artifacts/0/run/artifacts/plot.txt`, {
      method: 'PUT',
      body: 'a plot',
    });
    expect(logged.status).toBe(200);
    await age();
    await collect({ delete: true, keep: 1 });
    expect(await stored()).toEqual(expect.arrayContaining([sha256Of(named), sha256Of(Buffer.from('a plot'))]));
  }, 60_000);

  it('never takes the files of a version that is being registered', async () => {
    const rounds = 4;
    for (let round = 0; round < rounds; round += 1) {
      const files = tinyFiles({ 'card.json': card(100 + round) });
      const uploaded = await Promise.all(
        Object.entries(files).map(async ([path, bytes]) => ({ path, ...(await upload(client, bytes)) })),
      );
      await age(); // uploaded long ago, and registered now
      const named = uploaded.map(({ path, sha256 }) => ({ path, sha256 }));
      const registering = refusal(client.registerVersion({ model: 'raced', files: named, actor: 'test' }));
      for (let turn = 0; turn < 5; turn += 1) await collect({ delete: true });
      const refused = await registering;
      // Either it was registered and all of it is there, or it was told which file to send again.
      if (refused) expect(refused).toMatchObject({ code: 'ARTIFACT_NOT_FOUND' });
    }
    const { models } = await client.listModels({});
    const there = await stored();
    for (const { files } of models.find(({ name }) => name === 'raced')?.versions ?? []) {
      expect(there).toEqual(expect.arrayContaining(files.map(({ sha256 }) => sha256)));
    }
  }, 180_000);

  it('refuses a grace time within which somebody may be registering', async () => {
    expect(await refusal(client.collectGarbage({ graceMs: 1_000n, actor: 'test' }))).toMatchObject({
      code: 'BODY_INVALID',
      field: 'graceMs',
    });
  });
});
