import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { KAFKA_VERSION } from './kafka-java.mjs';
import { answers } from './loopback.mjs';

const run = promisify(execFile);
const PULL_MS_MAX = 300_000;
const START_MS_MAX = 120_000;

/** The first of docker and podman that answers; a client without its engine does not. */
export async function containerEngine() {
  for (const engine of ['docker', 'podman']) {
    const works = await run(engine, ['info'], { timeout: 10_000 }).then(
      ({ stdout }) => !/Cannot connect|ERROR:/.test(stdout),
      () => false,
    );
    if (works) return engine;
  }
  return undefined;
}

/** Starts Apache's own image, or the container of before with its data; resolves with the container's name. */
export async function startContainer(engine, { container, clusterId, port, controllerPort }) {
  const sinceMs = Date.now();
  const name = container ?? `vinaigrette-kafka-${randomBytes(4).toString('hex')}`;
  if (container) await run(engine, ['start', container], { timeout: START_MS_MAX });
  else {
    const settings = {
      CLUSTER_ID: clusterId,
      KAFKA_PROCESS_ROLES: 'broker,controller',
      KAFKA_NODE_ID: 1,
      KAFKA_CONTROLLER_QUORUM_VOTERS: `1@localhost:${controllerPort}`,
      KAFKA_LISTENERS: `PLAINTEXT://:${port},CONTROLLER://:${controllerPort}`,
      KAFKA_ADVERTISED_LISTENERS: `PLAINTEXT://127.0.0.1:${port}`,
      KAFKA_CONTROLLER_LISTENER_NAMES: 'CONTROLLER',
      KAFKA_LISTENER_SECURITY_PROTOCOL_MAP: 'PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT',
      KAFKA_OFFSETS_TOPIC_REPLICATION_FACTOR: 1,
      KAFKA_TRANSACTION_STATE_LOG_REPLICATION_FACTOR: 1,
      KAFKA_TRANSACTION_STATE_LOG_MIN_ISR: 1,
      KAFKA_GROUP_INITIAL_REBALANCE_DELAY_MS: 0,
      KAFKA_AUTO_CREATE_TOPICS_ENABLE: false,
      KAFKA_HEAP_OPTS: '-Xms256m -Xmx256m',
    };
    const env = Object.entries(settings).flatMap(([key, value]) => ['-e', `${key}=${value}`]);
    const publish = ['-p', `127.0.0.1:${port}:${port}`];
    const image = `docker.io/apache/kafka:${KAFKA_VERSION}`;
    await run(engine, ['run', '-d', '--name', name, ...publish, ...env, image], { timeout: PULL_MS_MAX });
  }
  try {
    await untilStarted(engine, name, port, sinceMs);
    return name;
  } catch (error) {
    await stopContainer(engine, name);
    throw error;
  }
}

/** Stops and removes it: a container's data does not outlive a clean stop. */
export async function stopContainer(engine, name) {
  await run(engine, ['stop', name]).catch(() => undefined);
  await run(engine, ['rm', '-f', '-v', name]).catch(() => undefined);
}

export async function killContainer(engine, name) {
  await run(engine, ['kill', '--signal', 'KILL', name]);
}

async function untilStarted(engine, name, port, sinceMs) {
  const since = new Date(sinceMs).toISOString(); // what an earlier life of the container said does not count
  for (; Date.now() - sinceMs < START_MS_MAX; await sleep(200)) {
    const { stdout, stderr } = await run(engine, ['logs', '--since', since, name]);
    if (`${stdout}${stderr}`.includes('Kafka Server started') && (await answers(port))) return;
  }
  throw new Error(`${name} did not start within ${START_MS_MAX / 1_000} s`);
}
