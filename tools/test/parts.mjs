import { existsSync } from 'node:fs';
import { mkdir, readdir, rm } from 'node:fs/promises';
import path from 'node:path';
import { onPath, root } from '../processes.mjs';
import { findGrpcurl } from './grpcurl.mjs';
import { findPythonClients } from './python-clients.mjs';

/** What runs of this command started, a folder for each, named for its process. */
const runs = path.join(root, '.vinaigrette/test');
const mine = path.join(runs, String(process.pid));

/**
 * The real parts the tests talk to. `find` answers with the value of `variable` and where it came from; with `why` when
 * there is none to be had. What it starts, it adds to `stops`.
 */
const parts = [
  { name: 'PostgreSQL', variable: 'DATABASE_URL', required: true, find: findPostgres },
  { name: 'Kafka', variable: 'KAFKA_BROKERS', required: true, find: findKafka },
  { name: 'three Kafka brokers', variable: 'KAFKA_JARS', required: true, find: findKafkaJars },
  { name: 'Alertmanager', variable: 'ALERTMANAGER_PATH', required: true, find: findAlertmanager },
  { name: 'Chromium', variable: 'CHROMIUM_PATH', required: true, find: findChromium },
  { name: 'the Python clients', variable: 'PYTHON_CLIENTS', required: true, find: findPython },
  { name: 'grpcurl', variable: 'GRPCURL_PATH', required: true, find: findOneGrpcurl },
  { name: "the ONNX project's node tests", variable: 'ONNX_NODE_TESTS', required: true, find: findNodeTests },
  { name: 'real data', variable: 'DATA_DIR', required: false, find: findData },
];
const stops = [];

/** Finds or starts every part at once. `say` gets one line a part, as it is known. */
export async function findParts(say) {
  await removeLeftovers();
  const found = await Promise.all(parts.map((part) => findPart(part, say)));
  return {
    env: Object.fromEntries(found.filter(({ value }) => value).map(({ variable, value }) => [variable, value])),
    missing: found.filter(({ value }) => !value),
  };
}

async function findPart({ name, variable, required, find }, say) {
  const given = process.env[variable];
  const { value, from, why } = given
    ? { value: given, from: `as ${variable} says` }
    : await find().catch((error) => ({ why: error.message }));
  say(value ? `  ${name}: ${from}` : `  ${name}: NOT FOUND, ${why}`);
  return { name, variable, required, value, why };
}

/** Stops what `findParts` started, last first, whatever goes wrong with one of them. */
export async function stopParts() {
  while (stops.length > 0) {
    const { name, stop } = stops.pop();
    await stop().catch((error) => console.error(`  ${name} did not stop: ${error.message}`));
  }
  await rm(mine, { recursive: true, force: true });
}

async function findPostgres() {
  const { removeEmbeddedPostgres, startEmbeddedPostgres } = await import('@vinaigrette/embedded-postgres');
  const dataDir = path.join(mine, 'postgres');
  stops.push({ name: 'PostgreSQL', stop: () => removeEmbeddedPostgres({ dataDir }) });
  const { url, port } = await startEmbeddedPostgres({ dataDir });
  return { value: url, from: `a server of its own on port ${port}, stopped at the end` };
}

async function findKafka() {
  const { startKafka, stopKafka } = await import('../../proof/parts/kafka.mjs');
  const dir = path.join(mine, 'kafka');
  stops.push({ name: 'Kafka', stop: () => stopKafka({ dir }) });
  const { brokers, engine } = await startKafka({ dir });
  return { value: brokers, from: `a broker of its own at ${brokers} (${engine}), stopped at the end` };
}

async function findKafkaJars() {
  const { kafkaJars } = await import('../../proof/parts/kafka-java.mjs');
  const value = await kafkaJars();
  return { value, from: `from ${value}, when they are wanted` };
}

async function findAlertmanager() {
  const value = await onPath(['prometheus-alertmanager', 'alertmanager']);
  return value ? { value, from: value } : { why: 'there is no prometheus-alertmanager or alertmanager on PATH' };
}

async function findChromium() {
  const value = await onPath(['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable']);
  return value ? { value, from: value } : { why: 'there is no chromium, chromium-browser or google-chrome on PATH' };
}

async function findPython() {
  const value = await findPythonClients();
  return { value, from: `virtual environments in ${value}` };
}

async function findOneGrpcurl() {
  const value = await findGrpcurl();
  return { value, from: value };
}

async function findNodeTests() {
  const value = '/usr/share/libonnx-testdata/data/node';
  return existsSync(value) ? { value, from: value } : { why: "Debian's package libonnx-testdata is not installed" };
}

async function findData() {
  const value = path.resolve(root, '../shared/data');
  return existsSync(value) ? { value, from: value } : { why: `${value} is not there` };
}

/** A run that was killed could not stop its server: the next one does, and deletes its folder. */
async function removeLeftovers() {
  await mkdir(runs, { recursive: true });
  for (const name of await readdir(runs)) {
    if (isAlive(Number(name))) continue;
    const { stopKafka } = await import('../../proof/parts/kafka.mjs');
    await stopKafka({ dir: path.join(runs, name, 'kafka') });
    const { removeEmbeddedPostgres } = await import('@vinaigrette/embedded-postgres');
    await removeEmbeddedPostgres({ dataDir: path.join(runs, name, 'postgres') });
    await rm(path.join(runs, name), { recursive: true, force: true });
  }
}

function isAlive(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error.code === 'EPERM';
  }
}
