import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { KafkaReader } from '@vinaigrette/event-log';
import { describeWith } from '../../tools/real-part.mjs';
import { startKafkaCluster, type KafkaClusterForTests } from '../parts/kafka-cluster.mjs';
import { makeCertificate } from './certificates.js';
import { counted } from './counted.js';
import { customers } from './customers.js';
import { createDatabase } from './database.js';
import { demoVersion } from './demo-version.js';
import { furnish } from './furnish.js';
import { eventually, House } from './house.js';
import { loggedIds } from './logged-ids.js';

/** How long all brokers are away, in milliseconds: an outage of a minute shows no more than this, but may be asked for. */
const AWAY_MS = Number(process.env.KAFKA_AWAY_MS ?? 1_000);

const [username, password] = ['house', 'a-password-of-the-house'];
const sasl = { mechanism: 'plain' as const, username, password };

describeWith('three Kafka brokers', 'KAFKA_JARS', 'bad days of a house whose log travels over three brokers', () => {
  describeWith('PostgreSQL', 'DATABASE_URL', 'and whose database lives', () => {
    const dir = mkdtempSync(join(tmpdir(), 'vinaigrette-kafka-days-'));
    const cleanUp: (() => unknown)[] = [() => rmSync(dir, { recursive: true, force: true })];
    let kafka: KafkaClusterForTests;
    let house: House;
    let ca: Buffer;

    beforeAll(async () => {
      const own = makeCertificate(dir, 'kafka');
      const keyAndCertificateFile = join(dir, 'kafka.pem');
      const pems = [own.TLS_KEY_FILE, own.TLS_CERT_FILE].map((file) => readFileSync(file, 'utf8'));
      writeFileSync(keyAndCertificateFile, pems.join(''));
      const starting = startKafkaCluster({ dir, secure: { keyAndCertificateFile, username, password } });
      const [database, version] = await Promise.all([
        createDatabase(process.env.DATABASE_URL as string),
        demoVersion(),
      ]);
      cleanUp.push(database.drop, version.remove);
      kafka = await starting;
      cleanUp.push(() => kafka.stop());
      ca = readFileSync(own.TLS_CA_FILE);
      const environment = {
        ...{ KAFKA_TLS: 'on', KAFKA_CA_FILE: own.TLS_CA_FILE },
        ...{ KAFKA_SASL: 'plain', KAFKA_USERNAME: username, KAFKA_PASSWORD: password },
      };
      house = await House.open({ databaseUrl: database.url, kafkaBrokers: kafka.brokers, environment });
      cleanUp.push(() => house.close());
      await furnish(house, version.dir);
    }, 480_000);
    afterAll(async () => {
      for (const clean of cleanUp.reverse()) await clean();
    }, 120_000);

    /** What the monitor has archived, once for each time it did. */
    const archivedIds = async (): Promise<string[]> => {
      const file = join(dir, 'archived.json');
      await house.vinaigrette('data', 'export', '--sql', 'SELECT prediction_id AS id FROM predictions', '--out', file);
      const lines = readFileSync(file, 'utf8').split('\n').filter(Boolean);
      return lines.map((line) => (JSON.parse(line) as { id: string }).id);
    };
    const answersSince = (answered: readonly string[], start: number, more: number) =>
      eventually(
        `answering, ${more} more`,
        async () => answered.length - start,
        (count) => count > more,
        240_000,
      );

    it.each([
      { who: 'speaks clear text', security: () => ({}) },
      { who: 'knows no password', security: () => ({ tls: { ca } }) },
      { who: 'knows another password', security: () => ({ tls: { ca }, sasl: { ...sasl, password: 'guessed' } }) },
      { who: 'believes another authority', security: () => ({ tls: {}, sasl }) },
    ])(
      'nobody reads the log who $who',
      async ({ security }) => {
        const brokers = kafka.brokers.split(',');
        const reader = new KafkaReader({ brokers, groupId: 'stranger', security: security() });
        const reading = reader.run({ next: async () => 0n, consume: async () => undefined });
        await eventually(
          'refused',
          async () => reader.stats(),
          ({ failures, consuming }) => failures > 0 && !consuming,
        );
        await reader.close();
        await reading;
      },
      120_000,
    );

    it('each broker, then all, are killed, and the gateway and the monitor too: what was answered is counted, once', async () => {
      const { answered, leave } = customers(house, 4);
      try {
        for (const id of kafka.ids) {
          const before = await counted(house);
          await kafka.kill(id);
          await answersSince(answered, answered.length, 50);
          await eventually(
            'counting over the other two',
            () => counted(house),
            (count) => count > before,
            240_000,
          );
          await kafka.start(id);
        }
        await Promise.all(kafka.ids.map((id) => kafka.kill(id)));
        await answersSince(answered, answered.length, 50); // nobody waits for Kafka
        await sleep(AWAY_MS);
        await house.kill('app-gateway'); // and what it has not shipped stays on its disk
        await house.start('app-gateway');
        await answersSince(answered, answered.length, 50);
        await Promise.all(kafka.ids.map((id) => kafka.start(id)));
        await house.kill('drift-monitor');
        await house.start('drift-monitor');
        await house.kill('app-gateway'); // while it ships what had gathered
        await house.start('app-gateway');
        await answersSince(answered, answered.length, 50);
      } finally {
        await leave();
      }
      const logged = await loggedIds(house.eventLogDir);
      const written = new Set(logged);
      expect(written.size).toBe(logged.length);
      expect(answered.filter((id) => !written.has(id))).toEqual([]);
      const count = await eventually(
        `counted, all ${logged.length}`,
        () => counted(house),
        (soFar) => soFar >= logged.length,
        240_000,
      );
      const archived = await eventually('archived as well', archivedIds, (ids) => ids.length >= logged.length, 240_000);
      expect(archived.toSorted()).toEqual(logged.toSorted());
      expect([count, await counted(house)]).toEqual([logged.length, logged.length]);
    }, 900_000);
  });
});
