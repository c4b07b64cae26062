import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createLogger } from '@vinaigrette/edge';
import type { WantedState } from '@vinaigrette/contracts/registry';
import { DataSource } from 'typeorm';
import { describeWith } from '../../../tools/real-part.mjs';
import { openDatabase } from '@vinaigrette/postgres';
import { dataSourceOptions, migrations } from '../src/adapters/postgres/data-source.js';
import { eventually, refusal, register, upload, Workbench } from './running-registry.js';
import { tinyFiles } from './tiny-model.js';

const DAY_MS = 24 * 60 * 60 * 1_000;
/** Options of Node under which a process takes the time for another. */
const withClock = (aheadMs: number): string => {
  const program = `const now = Date.now; Date.now = () => now() + (${aheadMs})`;
  return `--import data:text/javascript,${encodeURIComponent(program)}`;
};
const by = { actor: 'test', reason: 'because' };
const logger = createLogger('registry', 'silent');

describeWith('PostgreSQL', 'DATABASE_URL', "the registry's database", () => {
  let bench: Workbench;
  beforeAll(async () => void (bench = await Workbench.open()));
  afterAll(() => bench?.close());

  describe('its schema', () => {
    it('is made once, however many registries start at once', async () => {
      const registries = Array.from({ length: 3 }, () => bench.start());
      await Promise.all(registries.map((registry) => registry.addresses()));
      expect(await bench.query('SELECT name FROM registry.migration')).toHaveLength(migrations.length);
      await Promise.all(registries.map((registry) => registry.kill('SIGKILL')));
    }, 90_000);

    it('is what the entities say', async () => {
      const dataSource = await openDatabase(dataSourceOptions(bench.databaseUrl, logger), logger);
      const { upQueries } = await dataSource.driver.createSchemaBuilder().log();
      expect(upQueries.map(({ query }) => query)).toEqual([]);
      await dataSource.destroy();
    }, 30_000);

    it('can be taken back and made again', async () => {
      const dataSource = await new DataSource(dataSourceOptions(bench.databaseUrl, logger)).initialize();
      const left =
        "SELECT relname FROM pg_class WHERE relnamespace = 'registry'::regnamespace AND relkind IN ('r', 'v')";
      const whole = await bench.query(left);
      for (let taken = 0; taken < migrations.length; taken++) await dataSource.undoLastMigration();
      expect(await bench.query(left)).toEqual([{ relname: 'migration' }]);
      await dataSource.runMigrations();
      expect(await bench.query(left)).toHaveLength(whole.length);
      await dataSource.destroy();
    }, 30_000);
  });

  it('is waited for at start, however long it takes, and that is said', async () => {
    const cable = await bench.cable();
    const registry = bench.start({ DATABASE_URL: cable.databaseUrl });
    expect(await registry.line('waiting for PostgreSQL')).toMatchObject({
      reason: expect.stringContaining('ECONNREFUSED'),
    });
    await cable.mend();
    const client = await registry.client();
    expect(await client.listModels({})).toMatchObject({ models: [] });
  }, 90_000);

  it('is not waited for when it says no', async () => {
    const url = new URL(bench.databaseUrl);
    url.pathname = '/there_is_no_such_database';
    const registry = bench.start({ DATABASE_URL: url.href });
    expect(await registry.exited).toEqual([1, null]);
    // Which line comes last depends on who flushes first: Nest tells of it as well.
    const told = registry.lines.map(({ msg }) => msg);
    expect(told).toContainEqual(expect.stringContaining('there_is_no_such_database'));
  }, 60_000);

  it('may go and come back: calls are refused meanwhile, watchers keep what they have, and then all goes on', async () => {
    const cable = await bench.cable();
    await cable.mend();
    const [near, far] = [
      bench.start(),
      bench.start({ DATABASE_URL: cable.databaseUrl, WANTED_STATE_POLL_MS: '3600000' }),
    ];
    const [client, cut] = [await near.client(), await far.client()];
    const { http } = await far.addresses();
    const kept = await register(client, 'kept', tinyFiles());
    const wish = { subject: { kind: 'model', name: 'kept' }, alias: 'champion', version: 1, ...by };
    await client.setAlias({ ...wish, alias: 'staging' });

    const told: WantedState[] = [];
    const leave = new AbortController();
    void (async () => {
      for await (const { state } of cut.watch({}, { signal: leave.signal })) told.push(state as WantedState);
    })().catch(() => undefined);
    await eventually(() => expect(told).toHaveLength(1));

    cable.cut();
    const unavailable = { status: 'Unavailable', code: 'UPSTREAM_UNAVAILABLE' };
    expect(await refusal(cut.listModels({}))).toMatchObject(unavailable);
    expect(await refusal(cut.setAlias(wish))).toMatchObject(unavailable);
    expect(await refusal(register(cut, 'new', tinyFiles()))).toMatchObject(unavailable);
    expect(await (await fetch(`${http}/readyz`)).json()).toMatchObject({ status: 503, code: 'UPSTREAM_UNAVAILABLE' });
    expect((await fetch(`${http}/healthz`)).status).toBe(200);
    // What watchers know is answered; MLflow's clients are told to come again.
    const known = { modelVersion: { version: 1, files: kept.modelVersion?.files } };
    for (const version of ['1', 'staging']) {
      expect(await cut.getModelVersion({ model: 'kept', version })).toMatchObject(known);
    }
    expect(await refusal(cut.getModelVersion({ model: 'kept', version: '2' }))).toMatchObject(unavailable);
    const told503 = { error_code: 'TEMPORARILY_UNAVAILABLE', message: expect.stringContaining('PostgreSQL') };
    for (const path of ['registered-models/get?name=kept', 'registered-models/alias?name=kept&alias=staging']) {
      const answer = await fetch(`${http}/api/2.0/mlflow/${path}`);
      expect([answer.status, await answer.json()]).toEqual([503, told503]);
    }
    const file = kept.modelVersion?.files[0];
    expect(await refusal(cut.downloadArtifact({ sha256: file?.sha256 }))).toBeUndefined();
    expect(await upload(cut, Buffer.from('artefacts need no database'))).toMatchObject({ sizeBytes: 26n });
    const { revision } = await client.setAlias(wish); // by the other registry, which still has its database
    for await (const { state } of cut.watch({})) {
      expect(state?.revision).toBe(told[0]?.revision); // the last good one
      break;
    }

    await cable.mend();
    await eventually(() => expect(told.at(-1)?.revision).toBe(revision)); // heard after listening again, no poll
    await eventually(async () => expect((await fetch(`${http}/readyz`)).status).toBe(200));
    expect(await cut.setAlias({ ...wish, version: 0 })).toMatchObject({ change: { from: 1, to: 0 } });
    leave.abort();
    await Promise.all([near.kill('SIGKILL'), far.kill('SIGKILL')]);
  }, 120_000);

  it('may hang: readiness says so soon, and calls go on when it does', async () => {
    const cable = await bench.cable();
    await cable.mend();
    const registry = bench.start({ DATABASE_URL: cable.databaseUrl });
    const client = await registry.client();
    const { http } = await registry.addresses();
    cable.freeze();
    const waiting = client.listModels({});
    expect(await (await fetch(`${http}/readyz`)).json()).toMatchObject({
      status: 503,
      detail: expect.stringContaining('2000 ms'),
    });
    await cable.mend();
    expect(await waiting).toBeDefined();
    await registry.kill('SIGTERM');
  }, 90_000);

  it('has the only clock of the history: registries whose own jump by a day agree on who held what, and since when', async () => {
    const started = [-DAY_MS, DAY_MS].map((aheadMs) => bench.start({ NODE_OPTIONS: withClock(aheadMs) }));
    const clients = await Promise.all(started.map((registry) => registry.client()));
    const subject = { kind: 'rule-set', name: 'jumping' };
    for (const bodyJson of ['{"rules":[]}', '{"rules":[] }']) {
      await clients[0]?.putDocument({ ...subject, bodyJson, actor: 'test' });
    }
    const before = Date.now();
    const revisions: bigint[] = [];
    for (let move = 0; move < 6; move++) {
      const wish = { subject, alias: 'champion', version: 1 + (move % 2), ...by };
      const answered = await clients[move % 2]?.setAlias(wish);
      revisions.push(answered?.revision ?? 0n);
    }
    expect(revisions).toEqual([...new Set(revisions)].sort((one, other) => Number(one - other)));
    for (const client of clients) {
      const { changes } = await client.listAliasChanges({ subject });
      expect(changes.map(({ to }) => to)).toEqual([2, 1, 2, 1, 2, 1]);
      const times = changes.map(({ changedAtMs }) => Number(changedAtMs));
      expect(times).toEqual(times.toSorted((one, other) => other - one));
      expect(Math.abs((times[0] as number) - before)).toBeLessThan(DAY_MS / 2); // PostgreSQL's, which is right here
      for await (const { state } of client.watch({})) {
        const held = state?.documents.find(({ name }) => name === 'jumping')?.aliases;
        expect([state?.revision, held]).toEqual([revisions.at(-1), { champion: 2 }]);
        break;
      }
    }
    await Promise.all(started.map((registry) => registry.kill('SIGKILL')));
  }, 120_000);

  it('may break at any moment of a move: the registry lives, and each move happened or did not', async () => {
    const cable = await bench.cable();
    await cable.mend();
    const registry = bench.start({ DATABASE_URL: cable.databaseUrl });
    const client = await registry.client();
    const subject = { kind: 'rule-set', name: 'shaken' };
    await client.putDocument({ ...subject, bodyJson: '{"rules":[]}', actor: 'test' });
    await client.putDocument({ ...subject, bodyJson: '{"rules":[] }', actor: 'test' });
    const acknowledged: string[] = [];
    for (let round = 0; round < 40; round++) {
      let answered = 0;
      const moves = Array.from({ length: 20 }, async (_, index) => {
        const reason = `${round}-${index}`;
        const wish = { subject, alias: `a${index}`, version: 1 + (round % 2), actor: 'test', reason };
        if ((await refusal(client.setAlias(wish))) === undefined) acknowledged.push(reason);
        answered += 1;
        if (answered === round % 20) cable.cut();
      });
      if (round % 20 === 0) cable.cut();
      await Promise.all(moves);
      await cable.mend();
    }
    expect(registry.process.exitCode).toBeNull();
    await eventually(() => client.listModels({}));
    const { changes } = await client.listAliasChanges({ subject });
    const written = new Set(changes.map(({ reason }) => reason));
    // A move that changed nothing is acknowledged and not written: the alias stood there since a move that broke off.
    const lost = acknowledged.filter((reason) => !written.has(reason));
    for (const reason of lost) expect(changes.some((change) => standsSince(change, reason))).toBe(true);
    expect(acknowledged.length).toBeGreaterThan(0);
    expect(acknowledged.length).toBeLessThan(800);
    await registry.kill('SIGKILL');
  }, 180_000);
});

function standsSince({ alias, to }: { alias: string; to: number }, reason: string): boolean {
  const [round, index] = reason.split('-').map(Number) as [number, number];
  return alias === `a${index}` && to === 1 + (round % 2);
}
