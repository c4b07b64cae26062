import { execFile, execFileSync, spawn } from 'node:child_process';
import { closeSync, existsSync, mkdirSync, openSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { answers } from './loopback.mjs';

const run = promisify(execFile);
const here = path.dirname(fileURLToPath(import.meta.url));

export const KAFKA_VERSION = '4.3.1';
const START_MS_MAX = 120_000;
const STOP_MS_MAX = 20_000;

const cache = path.join(process.env.XDG_CACHE_HOME || path.join(homedir(), '.cache'), 'vinaigrette', 'kafka');
const jars = path.join(cache, KAFKA_VERSION);
let fetching;
const haveJars = () => existsSync(path.join(jars, `kafka_2.13-${KAFKA_VERSION}.jar`));

/** The folder of the broker's classes, fetched once. */
export async function kafkaJars() {
  const missing = await javaIsMissing();
  if (missing) throw new Error(missing);
  if (!haveJars()) await (fetching ??= fetchJars());
  return jars;
}

/** A sentence when no broker can be run here; undefined when one can. */
export async function javaIsMissing() {
  const version = await run('java', ['-version']).then(
    ({ stderr }) => /version "(\d+)/.exec(stderr)?.[1],
    () => undefined,
  );
  if (Number(version ?? 0) < 17) return version ? `Java is ${version}, 17 is needed` : 'there is no java on PATH';
  if (haveJars()) return undefined;
  return run('mvn', ['-v']).then(
    () => undefined,
    () => `there is no mvn on PATH, and ${jars} does not hold the broker`,
  );
}

/**
 * Starts a broker that is a controller too, detached; resolves with its pid once it answers. `controllerPorts` are those
 * of all brokers of the cluster, `id` its place among them, from 1. With `secure` clients are asked for TLS and a password
 * on a port of their own, `securePort`.
 */
export async function startJava(dir, { clusterId, port, id, controllerPorts, securePort, secure }) {
  await kafkaJars();
  const properties = path.join(dir, 'server.properties');
  const settings = {
    ...serverSettings(dir, port, id, controllerPorts),
    ...(secure && clientSettings({ PLAINTEXT: port, CONTROLLER: controllerPorts[id - 1] }, securePort, secure)),
  };
  const pairs = Object.entries(settings).map(([name, value]) => `${name}=${value}\n`);
  writeFileSync(properties, pairs.join(''));
  if (!existsSync(path.join(dir, 'data', 'meta.properties'))) {
    const format = ['kafka.tools.StorageTool', 'format', '-t', clusterId, '-c', properties];
    await run('java', [...jvm, '-Dkafka.loglevel=ERROR', ...format]);
  }
  const logFile = path.join(dir, 'broker.log');
  const log = openSync(logFile, 'w');
  // A group of its own: a Ctrl-C in the terminal is not for the broker, which is stopped after its users.
  const broker = spawn('java', [...jvm, 'kafka.Kafka', properties], { detached: true, stdio: ['ignore', log, log] });
  closeSync(log);
  broker.unref();
  let ended = false;
  broker.once('exit', () => (ended = true));
  broker.once('error', () => (ended = true));
  for (const startedAtMs = Date.now(); Date.now() - startedAtMs < START_MS_MAX; await sleep(100)) {
    if (ended) break;
    if (readFileSync(logFile, 'utf8').includes('Kafka Server started') && (await answers(port))) return broker.pid;
  }
  if (!ended) await killJava(broker.pid);
  const lines = readFileSync(logFile, 'utf8').trimEnd().split('\n').slice(-5).join('\n');
  throw new Error(`the broker did not start, its log (${logFile}) ends:\n${lines}`);
}

export async function stopJava(pid) {
  process.kill(pid, 'SIGTERM');
  await gone(pid, STOP_MS_MAX).catch(() => killJava(pid));
}

export async function killJava(pid) {
  process.kill(pid, 'SIGKILL');
  await gone(pid, STOP_MS_MAX);
}

/** Whether this very broker runs: its pid may belong to another process by now. */
export function isBroker(pid, dir) {
  return commandOf(pid).includes(path.join(dir, 'server.properties'));
}

/** The classes of the jars, as few resources as a test needs. */
const jvm = [
  ...['-Xms256m', '-Xmx256m', '-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1'],
  ...['-Djava.awt.headless=true', '-Djava.net.preferIPv4Stack=true'],
  `-Dlog4j2.configurationFile=${path.join(here, 'log4j2.properties')}`,
  ...['-cp', path.join(jars, '*')],
];

/** From Maven Central into the user's cache, once; whoever is first of several at the same time wins. */
async function fetchJars() {
  const part = path.join(cache, `${KAFKA_VERSION}.${process.pid}`);
  mkdirSync(cache, { recursive: true });
  const copy = 'org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy-dependencies';
  const where = [`-f`, path.join(here, 'pom.xml'), `-Dkafka.version=${KAFKA_VERSION}`, `-DoutputDirectory=${part}`];
  try {
    await run('mvn', ['-q', '-B', '-ntp', ...where, '-DincludeScope=runtime', copy]);
    renameSync(part, jars);
  } catch (error) {
    if (haveJars()) return;
    throw new Error(`Maven could not fetch the broker: ${error.stdout || error.message}`, { cause: error });
  } finally {
    rmSync(part, { recursive: true, force: true });
  }
}

function serverSettings(dir, port, id, controllerPorts) {
  const brokers = controllerPorts.length;
  const inSyncMin = Math.ceil(brokers / 2); // of three, two: what is acknowledged outlives any one of them
  return {
    'process.roles': 'broker,controller',
    'node.id': id,
    'controller.quorum.voters': controllerPorts.map((of, n) => `${n + 1}@127.0.0.1:${of}`).join(),
    'controller.listener.names': 'CONTROLLER',
    'inter.broker.listener.name': 'PLAINTEXT',
    'log.dirs': path.join(dir, 'data'),
    'default.replication.factor': brokers,
    'min.insync.replicas': inSyncMin,
    'offsets.topic.replication.factor': brokers,
    'offsets.topic.num.partitions': 5,
    'transaction.state.log.replication.factor': brokers,
    'transaction.state.log.min.isr': inSyncMin,
    'share.coordinator.state.topic.replication.factor': brokers,
    'share.coordinator.state.topic.min.isr': inSyncMin,
    'group.initial.rebalance.delay.ms': 0,
    'broker.session.timeout.ms': 3000,
    'broker.heartbeat.interval.ms': 500,
    'auto.create.topics.enable': false,
    'num.network.threads': 2,
    'num.io.threads': 2,
    listeners: listenersOf({ PLAINTEXT: port, CONTROLLER: controllerPorts[id - 1] }),
    'advertised.listeners': listenersOf({ PLAINTEXT: port }),
    'listener.security.protocol.map': 'PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT,CLIENTS:SASL_SSL',
  };
}

/** What differs for clients that speak TLS and know a password; the brokers themselves go on in clear text. */
function clientSettings({ PLAINTEXT, CONTROLLER }, securePort, { keyAndCertificateFile, username, password }) {
  const login = 'org.apache.kafka.common.security.plain.PlainLoginModule required';
  return {
    listeners: listenersOf({ PLAINTEXT, CONTROLLER, CLIENTS: securePort }),
    'advertised.listeners': listenersOf({ PLAINTEXT, CLIENTS: securePort }),
    'listener.name.clients.ssl.keystore.type': 'PEM',
    'listener.name.clients.ssl.keystore.location': keyAndCertificateFile,
    'listener.name.clients.sasl.enabled.mechanisms': 'PLAIN',
    'listener.name.clients.plain.sasl.jaas.config': `${login} user_${username}="${password}";`,
  };
}

const listenersOf = (ports) =>
  Object.entries(ports)
    .map(([name, port]) => `${name}://127.0.0.1:${port}`)
    .join();

/** Empty when there is no such process, or only its zombie. */
function commandOf(pid) {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8');
  } catch {
    return process.platform === 'linux' ? '' : psCommandOf(pid);
  }
}

function psCommandOf(pid) {
  try {
    return execFileSync('ps', ['-o', 'command=', '-p', String(pid)], { encoding: 'utf8' });
  } catch {
    return '';
  }
}

async function gone(pid, timeoutMs) {
  for (const sinceMs = Date.now(); commandOf(pid) !== ''; await sleep(50)) {
    if (Date.now() - sinceMs > timeoutMs) throw new Error(`process ${pid} does not end`);
  }
}
