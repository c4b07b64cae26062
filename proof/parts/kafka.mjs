/**
 * A real Kafka broker for tests, on loopback, without any package of npm.
 *
 *   node proof/parts/kafka.mjs start [dir]     prints the brokers' address; state in dir (.vinaigrette/kafka)
 *   node proof/parts/kafka.mjs stop [dir]
 */
import { randomBytes } from 'node:crypto';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { containerEngine, killContainer, startContainer, stopContainer } from './kafka-container.mjs';
import { isBroker, javaIsMissing, killJava, startJava, stopJava } from './kafka-java.mjs';
import { freePort } from './loopback.mjs';

/**
 * Finds or starts a broker: KAFKA_BROKERS as it is, unless `own` asks for a broker that may be killed; else a container
 * engine that really works; else Java 17 with Maven. Rejects with what is missing when there is none of these.
 *
 * `dir` keeps the broker's data and ports: started again there after `kill()`, it goes on with the same data at the same
 * address. Without `port` a free one is taken.
 */
export async function startKafka({ dir, port, own = false }) {
  if (process.env.KAFKA_BROKERS && !own) {
    return { brokers: process.env.KAFKA_BROKERS, engine: 'given', stop: async () => {}, kill: async () => {} };
  }
  mkdirSync(dir, { recursive: true });
  const before = readState(dir);
  if (before?.pid !== undefined && isBroker(before.pid, dir)) return handle(dir, before);

  const state = before ?? {
    clusterId: newClusterId(),
    port: port ?? (await freePort()),
    controllerPort: await freePort(),
  };
  const reasons = [];
  const engine = before?.pid === undefined ? await containerEngine() : undefined;
  if (engine) {
    try {
      const container = await startContainer(engine, state);
      return handle(dir, { ...state, engine, container });
    } catch (error) {
      reasons.push(`${engine} cannot run the broker (${error.message})`);
    }
  } else reasons.push('no container engine runs (docker, podman)');

  const missing = await javaIsMissing();
  if (missing) throw new Error([...reasons, missing, 'KAFKA_BROKERS is not set'].join('; '));
  const pid = await startJava(dir, { ...state, id: 1, controllerPorts: [state.controllerPort] });
  return handle(dir, { ...state, pid });
}

/** Stops the broker of a folder, whoever started it; nothing happens when none runs. Its data stays. */
export async function stopKafka({ dir }) {
  const state = readState(dir);
  if (state?.container) await stopContainer(state.engine, state.container);
  else if (state?.pid !== undefined && isBroker(state.pid, dir)) await stopJava(state.pid);
}

function handle(dir, state) {
  writeFileSync(stateFile(dir), JSON.stringify(state));
  return {
    brokers: `127.0.0.1:${state.port}`,
    engine: state.engine ?? 'java',
    stop: () => stopKafka({ dir }),
    /** As a power cut would: nothing is closed, nothing is flushed. */
    kill: async () => (state.container ? killContainer(state.engine, state.container) : killJava(state.pid)),
  };
}

/** 16 bytes in base64url. Its first letter is never '-', which Kafka's tools would take for an option. */
export function newClusterId() {
  const bytes = randomBytes(16);
  bytes[0] &= 0x7f;
  return bytes.toString('base64url');
}

const stateFile = (dir) => path.join(dir, 'state.json');

function readState(dir) {
  try {
    return JSON.parse(readFileSync(stateFile(dir), 'utf8'));
  } catch {
    return undefined;
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const [, , command, dir = '.vinaigrette/kafka'] = process.argv;
  if (command === 'start') {
    const { brokers, engine } = await startKafka({ dir: path.resolve(dir), own: true });
    console.log(`KAFKA_BROKERS=${brokers} (${engine}; stop it with: node proof/parts/kafka.mjs stop ${dir})`);
  } else if (command === 'stop') {
    await stopKafka({ dir: path.resolve(dir) });
    rmSync(path.resolve(dir), { recursive: true, force: true });
  } else {
    console.error('usage: node proof/parts/kafka.mjs start|stop [dir]');
    process.exitCode = 2;
  }
}
