/**
 * How long a way back takes: the alias moves from one version to the one before, and to and fro again, in a real house;
 * each time, from the order to the registry until the model server and the gateway answer with the other version,
 * beside the limit of 1 s.
 *
 *   DATABASE_URL=postgres://... node proof/benchmarks/rollback.mjs [moves]
 *
 * Runs what `npm run build` built.
 */
import { loadavg } from 'node:os';
import { createClient } from '@connectrpc/connect';
import { createGrpcTransport } from '@connectrpc/connect-node';
import { RegistryService } from '@vinaigrette/contracts/registry';
import { createDatabase } from '../dist/journey/database.js';
import { demoVersion } from '../dist/journey/demo-version.js';
import { furnish } from '../dist/journey/furnish.js';
import { House } from '../dist/journey/house.js';

const LIMIT_MS = 1_000;
const [moves = '20'] = process.argv.slice(2);
const database = await createDatabase(process.env.DATABASE_URL);
const versions = [await demoVersion(0.2), await demoVersion(0.3)];
const house = await House.open({ databaseUrl: database.url });

async function post(url, body) {
  const headers = { 'content-type': 'application/json' };
  const answer = await fetch(url, { method: 'POST', headers, body: JSON.stringify(body) });
  return answer.json();
}
const modelServer = `http://127.0.0.1:${house.ports.modelServerHttp}/v2/models/basket/infer`;
const inputs = [{ name: 'items', datatype: 'BYTES', shape: [1, 1], data: ['milk'] }];
/** Who answers, the number of the version. */
const answering = {
  'the model server': async () => Number((await post(modelServer, { inputs })).model_version),
  'the gateway': async () =>
    (await post(`${house.gatewayUrl}/v1/recommendations`, { basket: ['milk'] })).servedBy?.version,
};

/** Milliseconds until that version answers. */
async function until(version, ask, sinceMs) {
  while ((await ask()) !== version);
  return performance.now() - sinceMs;
}

try {
  await furnish(house, versions[0].dir);
  await house.vinaigrette(
    'models',
    'push',
    versions[1].dir,
    '--name',
    'basket',
    '--alias',
    'champion',
    '--reason',
    'try',
  );
  for (const ask of Object.values(answering)) await until(2, ask, 0);
  const registry = createClient(RegistryService, createGrpcTransport({ baseUrl: `http://${house.registryAddress}` }));
  const took = { 'the order itself': [], 'the model server': [], 'the gateway': [] };
  for (let move = 0; move < Number(moves); move++) {
    const version = 1 + (move % 2);
    const subject = { kind: 'model', name: 'basket' };
    const sinceMs = performance.now();
    await registry.setAlias({ subject, alias: 'champion', version, actor: 'benchmark', reason: 'to and fro' });
    took['the order itself'].push(performance.now() - sinceMs);
    await Promise.all(
      Object.entries(answering).map(async ([who, ask]) => took[who].push(await until(version, ask, sinceMs))),
    );
  }
  const alone = [];
  for (let ask = 0; ask < Number(moves); ask++) {
    const sinceMs = performance.now();
    await answering['the gateway']();
    alone.push(performance.now() - sinceMs);
  }
  const numbers = (times) => times.sort((a, b) => a - b).map(Math.round);
  for (const [who, times] of Object.entries(took)) {
    const sorted = numbers(times);
    const verdict = sorted.at(-1) <= LIMIT_MS ? 'within' : 'BEYOND';
    const median = sorted[sorted.length >> 1];
    console.log(
      `${who}: median ${median} ms, longest ${sorted.at(-1)} ms of ${moves} moves, ${verdict} ${LIMIT_MS} ms`,
    );
  }
  console.log(
    `beside it, one recommendation: median ${numbers(alone)[alone.length >> 1]} ms, load ${loadavg()[0].toFixed(1)}`,
  );
} finally {
  await house.close();
  for (const version of versions) version.remove();
  await database.drop();
}
