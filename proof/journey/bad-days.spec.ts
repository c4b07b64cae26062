import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { removeEmbeddedPostgres, startEmbeddedPostgres } from '@vinaigrette/embedded-postgres';
import { describeWith } from '../../tools/real-part.mjs';
import { counted } from './counted.js';
import { customers } from './customers.js';
import { createDatabase } from './database.js';
import { demoVersion } from './demo-version.js';
import { furnish } from './furnish.js';
import { eventually, House } from './house.js';
import { loggedIds } from './logged-ids.js';
import { call, recommend } from './shop.js';

let version: { dir: string; remove: () => void };
beforeAll(async () => {
  version = await demoVersion();
}, 120_000);
afterAll(() => version.remove());

/** Asks so many times in a row and answers with how many answers came from the model. */
async function ask(house: House, times: number): Promise<number> {
  let byModel = 0;
  for (let i = 0; i < times; i++) {
    const { servedBy } = await recommend(house, { basket: ['milk'], customer: { id: `c-${i}` } });
    if (servedBy.fallback === null) byModel++;
  }
  return byModel;
}

const servedByTheModel = (house: House) =>
  eventually(
    'served by the model',
    () => ask(house, 1),
    (byModel) => byModel === 1,
  );

/** One more is asked: once that is counted, everything before it has been, as often as it will ever be. */
async function expectAllCountedOnce(house: House): Promise<void> {
  await ask(house, 1);
  const { length } = await loggedIds(house.eventLogDir);
  const count = await eventually(
    `counted, all ${length}`,
    () => counted(house),
    (soFar) => soFar >= length,
  );
  expect(count).toBe(length);
}

describeWith('PostgreSQL', 'DATABASE_URL', 'bad days of a house with a database that lives', () => {
  let house: House;
  let drop: () => Promise<void>;
  beforeAll(async () => {
    const database = await createDatabase(process.env.DATABASE_URL as string);
    drop = database.drop;
    house = await House.open({ databaseUrl: database.url });
    await furnish(house, version.dir);
  }, 240_000);
  afterAll(async () => {
    await house?.close();
    await drop?.();
  }, 120_000);

  it('registry and monitor are gone: recommendations go on, and are counted when the monitor is back', async () => {
    await ask(house, 10);
    await house.kill('registry');
    await house.kill('drift-monitor');
    expect(await ask(house, 50)).toBe(50);
    // Even processes that start now serve, from what they kept.
    await house.kill('app-gateway');
    await house.kill('model-server');
    await house.start('model-server');
    await house.start('app-gateway');
    await servedByTheModel(house);
    expect(await ask(house, 20)).toBe(20);
    expect((await loggedIds(house.eventLogDir)).length).toBeGreaterThanOrEqual(81);
    await house.start('drift-monitor'); // the registry is still away: the monitor knows its versions
    await expectAllCountedOnce(house);
    await house.start('registry');
    await expectAllCountedOnce(house);
  }, 240_000);

  it('the gateway is killed under load, three times: each answered prediction is counted, once', async () => {
    const { answered, leave } = customers(house, 6);
    for (let round = 0; round < 3; round++) {
      const before = answered.length;
      await eventually(
        'busy',
        async () => answered.length,
        (count) => count > before + 50,
      );
      await house.kill('app-gateway');
      await house.start('app-gateway');
    }
    await leave();
    const logged = await loggedIds(house.eventLogDir);
    const written = new Set(logged);
    expect(written.size).toBe(logged.length);
    expect(answered.filter((id) => !written.has(id))).toEqual([]);
    await expectAllCountedOnce(house);
  }, 240_000);

  it('the monitor is killed while it counts, again and again: nothing is missing, nothing twice', async () => {
    const { answered, leave } = customers(house, 4);
    for (let round = 0; round < 3; round++) {
      const [before, seen] = [await counted(house), answered.length];
      await eventually(
        'counting what comes',
        () => counted(house),
        (count) => count > before && answered.length > seen + 20 * round,
      );
      await house.kill('drift-monitor');
      await house.start('drift-monitor');
    }
    await leave();
    await expectAllCountedOnce(house);
  }, 240_000);

  it('the model server is gone: best sellers answer within the budget, and the model again when it is back', async () => {
    await house.kill('model-server');
    expect(await ask(house, 20)).toBe(0);
    await house.start('model-server');
    await servedByTheModel(house);
  }, 240_000);

  it('the disk is full: answers go on, what is lost is told, and what is kept is counted, before and after', async () => {
    const folder = join(house.eventLogDir, 'gateway-1', 'predictions');
    const [newest = ''] = (await readdir(folder))
      .filter((name) => name.endsWith('.seg'))
      .toSorted()
      .reverse();
    const limit = (bytes: number | 'unlimited') =>
      execFileSync('prlimit', ['--pid', String(house.pidOf('app-gateway')), `--fsize=${bytes}:unlimited`]);
    const lost = async () => {
      const { text } = await call(`${house.gatewayUrl}/metrics`);
      return Number(/^vinaigrette_gateway_log_lost_records_total (\d+)$/m.exec(text)?.[1]);
    };
    const before = (await loggedIds(house.eventLogDir)).length;
    limit(statSync(join(folder, newest)).size + 2_000); // the system's own limit: a write fails in its middle
    expect(await ask(house, 60)).toBe(60);
    const lostRecords = await lost();
    expect(lostRecords).toBeGreaterThan(0);
    limit('unlimited');
    await eventually(
      'logging again',
      async () => [await ask(house, 1), await lost()],
      ([, now]) => now === lostRecords,
    );
    expect((await loggedIds(house.eventLogDir)).length - before).toBeGreaterThan(1);
    await expectAllCountedOnce(house);
  }, 240_000);
});

describe('a bad day of a house with a database of its own', () => {
  it('PostgreSQL is killed: recommendations go on; it is adopted, and everything continues where it stood', async () => {
    const root = mkdtempSync(join(tmpdir(), 'vinaigrette-bad-days-'));
    const dataDir = join(root, 'postgres');
    const server = await startEmbeddedPostgres({ dataDir });
    let house: House | undefined;
    try {
      house = await House.open({ databaseUrl: server.url });
      await furnish(house, version.dir);
      expect(await ask(house, 10)).toBe(10);

      const [pid] = readFileSync(join(dirname(server.logFile), 'data', 'postmaster.pid'), 'utf8').split('\n');
      process.kill(Number(pid), 'SIGKILL');
      await eventually(
        'dead',
        () => server.isRunning(),
        (running) => !running,
      );
      expect(await ask(house, 30)).toBe(30);

      const again = await startEmbeddedPostgres({ dataDir, port: server.port });
      expect(again.port).toBe(server.port);
      const adopted = await startEmbeddedPostgres({ dataDir });
      expect([adopted.adopted, adopted.port]).toEqual([true, server.port]);
      expect(await loggedIds(house.eventLogDir)).toHaveLength(40);
      await expectAllCountedOnce(house);
      // The registry recovered as well: an alias can be moved away and back.
      await house.vinaigrette('models', 'alias', 'basket', 'staging', '1', '--reason', 'after the crash');
      expect(await house.vinaigrette('models', 'list')).toContain('staging');
    } finally {
      await house?.close();
      await removeEmbeddedPostgres({ dataDir });
      rmSync(root, { recursive: true, force: true });
    }
  }, 240_000);
});
