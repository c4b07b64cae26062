// How many predictions one core of a drift monitor counts from a real Kafka into a real PostgreSQL, and how soon a monitor
// that was killed counts again.
//   DATABASE_URL=... node proof/benchmarks/drift-kafka.mjs [--rows 300000]    (after `npm run build`)
// The broker is this benchmark's own, and so is the database it makes and drops on the server of DATABASE_URL.
import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { createLogger } from '@vinaigrette/edge';
import { KafkaReader, openEventLogWriter } from '@vinaigrette/event-log';
import { openDatabase } from '@vinaigrette/postgres';
import pg from 'pg';
import { createKafka } from '../../libs/event-log/dist/src/kafka/client.js';
import { messageOf } from '../../libs/event-log/dist/src/kafka/message.js';
import { createMissingTopics } from '../../libs/event-log/dist/src/kafka/topics.js';
import { dataSourceOptions } from '../../services/drift-monitor/dist/src/adapters/postgres/data-source.js';
import { Database } from '../../services/drift-monitor/dist/src/adapters/postgres/database.js';
import { PostgresLedger } from '../../services/drift-monitor/dist/src/adapters/postgres/postgres-ledger.js';
import { PostgresModelVersions } from '../../services/drift-monitor/dist/src/adapters/postgres/postgres-model-versions.js';
import { CountEvents } from '../../services/drift-monitor/dist/src/count-events.js';
import { knownVersion } from '../../services/drift-monitor/dist/src/domain/known-version.js';
import { KnownVersions } from '../../services/drift-monitor/dist/src/known-versions.js';
import { MonitorMetrics } from '../../services/drift-monitor/dist/src/metrics.js';
import { startKafka } from '../parts/kafka.mjs';
import { baselineOf, encoded, FEATURES, rowsOf, signature } from './drift_rows.mjs';

const { values } = parseArgs({ options: { rows: { type: 'string', default: '300000' } } });
const rows = Number(values.rows);
const BASELINE_ROWS = 100_000;
const BLOCK = 10_000;
const PARTITIONS = 12;
const gatewayId = 'gateway-1';

const logger = createLogger('benchmark', 'silent');
const dir = mkdtempSync(join(tmpdir(), 'vinaigrette-bench-'));
const cleanUp = [() => rmSync(dir, { recursive: true, force: true })];
const cpuMs = () => {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1_000;
};

async function ownDatabase(server) {
  const name = `vinaigrette_benchmark_${randomBytes(6).toString('hex')}`;
  const statement = async (sql) => {
    const client = new pg.Client({ connectionString: server });
    await client.connect();
    await client.query(sql).finally(() => client.end());
  };
  await statement(`CREATE DATABASE ${name}`);
  cleanUp.push(() => statement(`DROP DATABASE ${name} WITH (FORCE)`));
  return Object.assign(new URL(server), { pathname: `/${name}` }).toString();
}

/** Records as a gateway's shipper writes them: keyed, in order, with who wrote them and which they are. */
async function produce(brokers) {
  const block = rowsOf(BLOCK, 0.05).map((numbers, i) => encoded(numbers, i, Date.now() - 60_000));
  const kafka = createKafka({ brokers: brokers.split(','), logger }, 'benchmark');
  // A broker that is just up may not know its own new topic yet.
  for (let made = false; !made;)
    made = await createMissingTopics(kafka, logger).then(
      () => true,
      () => false,
    );
  const producer = kafka.producer();
  await producer.connect();
  for (let at = 0; at < rows; at += 1_000) {
    const messages = Array.from({ length: Math.min(1_000, rows - at) }, (_, i) => ({
      ...messageOf('predictions', {
        ...{ gatewayId, sequence: BigInt(at + i + 1), key: `c-${at + i}`, body: block[(at + i) % BLOCK] },
      }),
      partition: Math.floor(at / 1_000) % PARTITIONS,
    }));
    await producer.send({ topic: 'predictions', messages });
  }
  await producer.disconnect();
}

/** Counts what Kafka holds; CPU in milliseconds from the first batch to the last. */
async function count(database, brokers, known) {
  const ledger = new PostgresLedger(database, known, { parkedRecordsMax: 0, segmentsPerDimensionMax: 20 });
  const events = new CountEvents(ledger, known, new MonitorMetrics(known), Date.now);
  const reader = new KafkaReader({ brokers: brokers.split(','), groupId: 'benchmark', logger });
  let [counted, begin] = [0, 0];
  const done = new Promise((resolve) => {
    const consumer = {
      next: (topic, partition) => events.next(topic, partition),
      async consume(batch) {
        begin ||= cpuMs();
        await events.consume(batch);
        if (batch.topic === 'predictions') counted += batch.records.length;
        if (counted >= rows) resolve(cpuMs() - begin);
      },
    };
    void reader.run(consumer);
  });
  const ms = await done;
  await reader.close();
  return ms;
}

/** A monitor as it is deployed, killed and started again: milliseconds until it has counted what came meanwhile. */
async function restart(url, database, counted) {
  const main = new URL('../../services/drift-monitor/dist/src/main.js', import.meta.url).pathname;
  const env = {
    ...{
      PATH: process.env.PATH,
      DATABASE_URL: url,
      EVENT_LOG_DIR: join(dir, 'log'),
      ARCHIVE_DIR: join(dir, 'archive'),
    },
    ...{ MONITOR_HTTP_PORT: '0', MONITOR_GRPC_PORT: '0', REGISTRY_ADDRESS: '127.0.0.1:1' },
  };
  const start = async () => {
    const child = spawn(process.execPath, [main], { env, stdio: ['ignore', 'pipe', 'inherit'] });
    cleanUp.push(() => child.kill('SIGKILL'));
    for await (const line of createInterface(child.stdout)) if (JSON.parse(line).msg === 'listening') break;
    child.stdout.resume();
    return child;
  };
  const reaches = async (wanted) => {
    for (;;) {
      const [{ sum }] = await database.rows('SELECT sum(answered)::bigint AS sum FROM drift_monitor.pane');
      if (Number(sum) >= wanted) return;
      await sleep(5);
    }
  };
  const writer = openEventLogWriter({ dir: join(dir, 'log'), gatewayId: 'gateway-2', fsyncIntervalMs: 10 });
  cleanUp.push(() => writer.close());
  const write = () => {
    for (const [i, row] of rowsOf(1_000, 0).entries()) writer.append('predictions', 'c', encoded(row, i, Date.now()));
  };
  write();
  const killed = await start();
  await reaches(counted + 1_000);
  killed.kill('SIGKILL');
  write();
  const begin = performance.now();
  await start();
  await reaches(counted + 2_000);
  return performance.now() - begin;
}

try {
  const url = await ownDatabase(process.env.DATABASE_URL);
  const broker = await startKafka({ dir: join(dir, 'kafka'), own: true });
  cleanUp.push(() => broker.stop());
  const dataSource = await openDatabase(dataSourceOptions(url, logger), logger);
  cleanUp.push(() => dataSource.destroy());
  const database = new Database(dataSource);
  const source = {
    ...{ model: 'insurance', version: 3, signatureJson: JSON.stringify(signature) },
    baselineJson: JSON.stringify(baselineOf(rowsOf(BASELINE_ROWS, 0))),
  };
  await new PostgresModelVersions(database).keep(source);
  const known = new KnownVersions();
  known.add(knownVersion(source));

  console.log(
    `${rows.toLocaleString('en')} predictions x ${FEATURES} features; Node ${process.version}, by CPU time\n`,
  );
  await produce(broker.brokers);
  const ms = await count(database, broker.brokers, known);
  const rate = Math.round((rows / ms) * 1_000).toLocaleString('en');
  console.log(`from Kafka (${broker.engine}) into PostgreSQL, one core  ${rate.padStart(9)} /s  wanted 150,000 /s`);
  const restartMs = await restart(url, database, rows);
  console.log(
    `killed and started again, until it has counted on  ${restartMs.toFixed(0).padStart(9)} ms  wanted 2,000 ms, by the clock`,
  );
} finally {
  for (const clean of cleanUp.reverse()) await clean();
}
