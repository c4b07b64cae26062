import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { createLogger } from '@vinaigrette/edge';
import { openEventLogWriter, startKafkaShipper } from '@vinaigrette/event-log';
import { describeWith } from '../../../tools/real-part.mjs';
import { createTestDatabase, type TestDatabase } from './database.js';
import { eventually, MonitorProcess } from './monitor-process.js';
import { RegistryStandIn } from './registry-stand-in.js';
import { baseline, oracle, predictions } from './shop.js';

const fromMs = Date.UTC(2011, 6, 1);
const toMs = fromMs + 60 * 60 * 1_000;
const brokers = process.env.KAFKA_BROKERS ?? '';

// Nested: both parts are needed, and the name says which one is missing.
describeWith('PostgreSQL', 'DATABASE_URL', 'on a database', () => {
  describeWith('Kafka', 'KAFKA_BROKERS', 'the monitor behind Kafka', () => {
    // The cluster is everybody's: names of our own keep what others log apart.
    const name = randomBytes(4).toString('hex');
    const [model, gatewayId] = [`basket-${name}`, `gateway-${name}`];
    const closing: (() => Promise<unknown>)[] = [];
    let database: TestDatabase;
    let dir: string;

    beforeEach(async () => {
      database = await createTestDatabase();
      dir = await mkdtemp(join(tmpdir(), 'vinaigrette-monitor-'));
      closing.push(
        () => database.drop(),
        () => rm(dir, { recursive: true }),
      );
    }, 60_000);
    afterEach(async () => {
      for (const close of closing.splice(0).reverse()) await close();
    }, 60_000);

    it('counts what two monitors share, one of them killed, and equals one pass over the log', async () => {
      const registry = new RegistryStandIn(model);
      closing.push(() => registry.close());
      registry.register(1, JSON.stringify(baseline));
      const environment = {
        DATABASE_URL: database.url,
        REGISTRY_ADDRESS: await registry.listen(),
        KAFKA_BROKERS: brokers,
        KAFKA_GROUP_ID: `drift-monitor-${name}`,
      };
      const writer = openEventLogWriter({ dir, gatewayId, fsyncIntervalMs: 20 });
      const shipping = {
        dir,
        gatewayId,
        brokers: brokers.split(','),
        logger: createLogger('test', 'silent'),
        pollMs: 50,
      };
      const shipper = startKafkaShipper(shipping);
      closing.push(
        () => writer.close(),
        () => shipper.close(),
      );
      const bodies = predictions({ count: 4_000, seed: 31, fromMs, toMs, model, shift: 0.3 });
      const log = (some: Uint8Array[]) =>
        some.forEach((body, i) => writer.append('predictions', `customer-${i % 97}`, body));

      log(bodies.slice(0, 1_500));
      const [survivor, victim] = await Promise.all([
        MonitorProcess.start(environment),
        MonitorProcess.start(environment),
      ]);
      closing.push(
        () => survivor.end('SIGKILL'),
        () => victim.end('SIGKILL'),
      );
      const counted = async () => (await survivor.get(`/v1/drift?model=${model}&from=${fromMs}&to=${toMs}`)).body;
      await eventually(async () => expect(Number((await counted()).predictions)).toBeGreaterThan(0), 120_000);
      log(bodies.slice(1_500, 3_000));
      await victim.end('SIGKILL');
      log(bodies.slice(3_000));

      const expected = oracle(bodies, fromMs, toMs);
      await eventually(async () => expect((await counted()).predictions).toBe(String(expected.predictions)), 180_000);
      const { features, fallbacks } = await counted();
      expect(fallbacks).toBe(String(expected.fallbacks));
      expect(features.map(({ psi }) => psi)).toEqual(expected.features.map(({ measured }) => measured!.psi));
    }, 400_000);
  });
});
