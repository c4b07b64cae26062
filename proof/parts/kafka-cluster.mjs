import { mkdirSync } from 'node:fs';
import path from 'node:path';
import { newClusterId } from './kafka.mjs';
import { killJava, startJava, stopJava } from './kafka-java.mjs';
import { freePort } from './loopback.mjs';

/**
 * Starts so many brokers that keep every record on all of them and take it once more than half have it. Each may be
 * killed and started again with its data, at its address. Needs Java 17, and Maven for the first time. With `secure` they ask
 * clients for TLS and a password, and `brokers` are the addresses where they do.
 */
export async function startKafkaCluster({ dir, size = 3, secure }) {
  const clusterId = newClusterId();
  const nodes = [];
  for (let id = 1; id <= size; id++) {
    const [port, securePort, controllerPort] = [await freePort(), await freePort(), await freePort()];
    nodes.push({ id, port, securePort, controllerPort });
  }
  const controllerPorts = nodes.map(({ controllerPort }) => controllerPort);
  const pids = new Map();
  const start = async (id) => {
    const home = path.join(dir, String(id));
    mkdirSync(home, { recursive: true });
    pids.set(id, await startJava(home, { ...nodes[id - 1], clusterId, controllerPorts, secure }));
  };
  const end = async (id, how) => {
    if (pids.has(id)) await how(pids.get(id));
    pids.delete(id);
  };
  const ids = nodes.map(({ id }) => id);
  const stop = () => Promise.all(ids.map((id) => end(id, stopJava)));
  const started = await Promise.allSettled(ids.map(start)); // at once: none is ready before most of them are
  const failed = started.find(({ status }) => status === 'rejected');
  if (failed) {
    await stop();
    throw failed.reason;
  }
  return {
    ids,
    brokers: nodes.map(({ port, securePort }) => `127.0.0.1:${secure ? securePort : port}`).join(),
    start,
    kill: (id) => end(id, killJava),
    stop,
  };
}
