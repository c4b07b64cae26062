import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fromBinary } from '@bufbuild/protobuf';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { PredictionSchema } from '@vinaigrette/contracts/events';
import { removeEmbeddedPostgres, startEmbeddedPostgres, type EmbeddedPostgres } from '@vinaigrette/embedded-postgres';
import { SegmentReader } from '@vinaigrette/event-log';
import { describeWith } from '../../tools/real-part.mjs';
import { startKafka, type KafkaForTests } from '../parts/kafka.mjs';
import { createDatabase } from './database.js';
import { demoVersion } from './demo-version.js';
import { furnish } from './furnish.js';
import { eventually, House } from './house.js';
import { drift, recommend } from './shop.js';

/** Everything of this test, in the monitor's words. */
const always = () => ({ model: 'basket', from: Date.now() - 3_600_000, to: Date.now() + 300_000 });

let version: { dir: string; remove: () => void };
beforeAll(async () => {
  version = await demoVersion();
}, 120_000);
afterAll(() => version.remove());

/** What the monitor has counted so far; nothing is 0. */
async function counted(house: House): Promise<number> {
  return Number((await drift(house, always())).predictions);
}

/** Asks so many times in a row and answers with how many answers came from the model. */
async function ask(house: House, times: number): Promise<number> {
  let byModel = 0;
  for (let i = 0; i < times; i++) {
    const { servedBy } = await recommend(house, { basket: ['milk'], customer: { id: `c-${i}` } });
    if (servedBy.fallback === null) byModel++;
  }
  return byModel;
}

/** The ids of every prediction in the gateway's own segments, once for each time it stands there. */
async function loggedIds(house: House): Promise<string[]> {
  const ids: string[] = [];
  const reader = new SegmentReader({ dir: house.eventLogDir, pollMs: 20 });
  let quietRounds = 0;
  const running = reader.run({
    next: async () => 0n,
    consume: async ({ topic, records }) => {
      quietRounds = 0;
      if (topic === 'predictions')
        ids.push(...records.map(({ body }) => fromBinary(PredictionSchema, body).predictionId));
    },
  });
  // Rounds and not time: a machine that stands still for a second has read nothing meanwhile.
  while (quietRounds++ < 15) await new Promise((done) => setTimeout(done, 100));
  await reader.close();
  await running;
  return ids;
}

/** Customers who keep asking until told to stop; they note every answer they got, and shrug at those they did not. */
function customers(house: House, howMany: number) {
  const answered: string[] = [];
  let asking = true;
  const done = Promise.all(
    Array.from({ length: howMany }, async () => {
      while (asking) {
        const answer = await recommend(house, { basket: ['milk', 'bread'] }).catch(() => undefined);
        if (answer) answered.push(answer.predictionId);
        else await new Promise((next) => setTimeout(next, 20));
      }
    }),
  );
  const leave = async () => {
    asking = false;
    await done;
  };
  return { answered, leave };
}

describe('bad days', () => {
  const cleanUp: (() => unknown)[] = [];
  afterEach(async () => {
    for (const clean of cleanUp.splice(0).reverse()) await clean();
  }, 120_000);

  async function furnishedHouse(databaseUrl: string, kafkaBrokers?: string): Promise<House> {
    const house = await House.open({ databaseUrl, ...(kafkaBrokers === undefined ? {} : { kafkaBrokers }) });
    cleanUp.push(() => house.close());
    await furnish(house, version.dir);
    return house;
  }

  describeWith('PostgreSQL', 'DATABASE_URL', 'with a database that lives', () => {
    async function database(): Promise<string> {
      const { url, drop } = await createDatabase(process.env.DATABASE_URL as string);
      cleanUp.push(drop);
      return url;
    }

    it('registry and monitor are gone: recommendations go on, and are counted when the monitor is back', async () => {
      const house = await furnishedHouse(await database());
      await ask(house, 10);
      await house.kill('registry');
      await house.kill('drift-monitor');
      expect(await ask(house, 50)).toBe(50);
      // Even processes that start now serve, from what they kept.
      await house.kill('app-gateway');
      await house.kill('model-server');
      await house.start('model-server');
      await house.start('app-gateway');
      await eventually(
        'served by the model',
        () => ask(house, 1),
        (byModel) => byModel === 1,
      );
      expect(await ask(house, 20)).toBe(20);
      const logged = await loggedIds(house);
      expect(logged.length).toBeGreaterThanOrEqual(81);
      await house.start('drift-monitor'); // the registry is still away: the monitor knows its versions
      await eventually(
        'counted',
        () => counted(house),
        (count) => count === logged.length,
      );
      await house.start('registry');
      await ask(house, 5);
      await eventually(
        'counted on',
        () => counted(house),
        (count) => count === logged.length + 5,
      );
    }, 240_000);

    it('the gateway is killed under load, three times: each answered prediction is counted, once', async () => {
      const house = await furnishedHouse(await database());
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
      const logged = await loggedIds(house);
      expect(new Set(logged).size).toBe(logged.length);
      expect(answered.filter((id) => !logged.includes(id))).toEqual([]);
      await eventually(
        'counted',
        () => counted(house),
        (count) => count === logged.length,
      );
    }, 240_000);

    it('the monitor is killed while it counts, again and again: nothing is missing, nothing twice', async () => {
      const house = await furnishedHouse(await database());
      const { leave } = customers(house, 4);
      for (let round = 0; round < 6; round++) {
        await new Promise((later) => setTimeout(later, 150 + 211 * round));
        await house.kill('drift-monitor');
        await house.start('drift-monitor');
      }
      await leave();
      const logged = await loggedIds(house);
      await eventually(
        'counted',
        () => counted(house),
        (count) => count === logged.length,
      );
      await new Promise((later) => setTimeout(later, 1_000));
      expect(await counted(house)).toBe(logged.length);
    }, 240_000);

    it('the model server is gone: best sellers answer within the budget, and the model again when it is back', async () => {
      const house = await furnishedHouse(await database());
      await house.kill('model-server');
      expect(await ask(house, 20)).toBe(0);
      await house.start('model-server');
      await eventually(
        'served by the model',
        () => ask(house, 1),
        (byModel) => byModel === 1,
      );
    }, 240_000);
  });

  it('PostgreSQL is killed: recommendations go on; it is adopted, and everything continues where it stood', async () => {
    const root = mkdtempSync(join(tmpdir(), 'vinaigrette-bad-days-'));
    const dataDir = join(root, 'postgres');
    const server: EmbeddedPostgres = await startEmbeddedPostgres({ dataDir });
    cleanUp.push(async () => {
      await removeEmbeddedPostgres({ dataDir });
      rmSync(root, { recursive: true, force: true });
    });
    const house = await furnishedHouse(server.url);
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
    const logged = await loggedIds(house);
    await eventually(
      'counted',
      () => counted(house),
      (count) => count === logged.length,
    );
    expect(logged).toHaveLength(40);
    // The registry recovered as well: an alias can be moved away and back.
    await house.vinaigrette('models', 'alias', 'basket', 'staging', '1', '--reason', 'after the crash');
    expect(await house.vinaigrette('models', 'list')).toContain('staging');
  }, 240_000);

  describeWith('Kafka', 'KAFKA_BROKERS', 'with a broker of its own', () => {
    let kafka: KafkaForTests;
    const dir = mkdtempSync(join(tmpdir(), 'vinaigrette-bad-days-kafka-'));
    beforeAll(async () => {
      kafka = await startKafka({ dir, own: true });
    }, 120_000);
    afterAll(async () => {
      await kafka?.stop();
      rmSync(dir, { recursive: true, force: true });
    }, 60_000);

    it('Kafka is killed while predictions are made: they arrive when it is back, none missing, none twice', async () => {
      const { url, drop } = await createDatabase(process.env.DATABASE_URL as string);
      cleanUp.push(drop);
      const house = await furnishedHouse(url, kafka.brokers);
      await ask(house, 40);
      await eventually(
        'counted',
        () => counted(house),
        (count) => count === 40,
        120_000,
      );
      await kafka.kill();
      expect(await ask(house, 40)).toBe(40);
      await house.kill('app-gateway'); // and the gateway too, before it could ship them
      await house.start('app-gateway');
      expect(await ask(house, 10)).toBeGreaterThanOrEqual(0);
      kafka = await startKafka({ dir, own: true });
      const logged = await loggedIds(house);
      expect(logged).toHaveLength(90);
      await eventually(
        'counted',
        () => counted(house),
        (count) => count === 90,
        180_000,
      );
      await house.kill('drift-monitor');
      await house.start('drift-monitor');
      await ask(house, 10);
      await eventually(
        'counted after a restart',
        () => counted(house),
        (count) => count === 100,
        120_000,
      );
    }, 480_000);
  });
});
