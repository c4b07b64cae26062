// How fast the registry answers MLflow's calls, beside `mlflow server` on the same PostgreSQL in the same run.
//   DATABASE_URL=postgres://... node proof/benchmarks/registry.mjs [--mlflow PYTHON] [--seconds 5] [--callers 4] [--versions 10000]
// PYTHON: an interpreter with mlflow and psycopg2-binary, for example $PYTHON_CLIENTS/mlflow/bin/python with a PYTHONPATH.
// Each server has a database of its own, one process, and the same calls: req/s and p99 by the clock, and CPU
// milliseconds of the server's own process a request, which a busy machine does not change. After `npm run build`.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { Agent, request } from 'node:http';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import pg from 'pg';

const { values } = parseArgs({
  options: {
    mlflow: { type: 'string' },
    seconds: { type: 'string', default: '5' },
    callers: { type: 'string', default: '4' },
    versions: { type: 'string', default: '10000' },
  },
});
const seconds = Number(values.seconds);
const callers = Number(values.callers);
const versions = Number(values.versions);
const METRICS = 1_000;
const root = fileURLToPath(new URL('../../', import.meta.url));
const server = process.env.DATABASE_URL;
const folder = mkdtempSync(join(tmpdir(), 'vinaigrette-benchmark-'));
const agent = new Agent({ keepAlive: true, maxSockets: callers });

async function query(url, text) {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  return client.query(text).finally(() => client.end());
}

async function database(name) {
  const full = `vinaigrette_benchmark_${process.pid}_${name}`;
  await query(server, `CREATE DATABASE ${full}`);
  const url = new URL(server);
  url.pathname = full;
  return url.href;
}

const freePort = () =>
  new Promise((resolve) => {
    const probe = createServer().listen(0, '127.0.0.1', () => {
      const { port } = probe.address();
      probe.close(() => resolve(port));
    });
  });

/** A call of the API both serve; throws what it was refused with. */
function call(base, method, path, body) {
  const text = method === 'GET' ? undefined : JSON.stringify(body);
  const words = method === 'GET' ? `?${new URLSearchParams(body)}` : '';
  return new Promise((resolve, reject) => {
    const headers =
      text === undefined ? {} : { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) };
    const sent = request(`${base}/api/2.0/mlflow/${path}${words}`, { method, headers, agent }, (response) => {
      const chunks = [];
      response.on('data', (chunk) => chunks.push(chunk));
      response.on('end', () => {
        const answer = Buffer.concat(chunks).toString();
        if (response.statusCode === 200) resolve(JSON.parse(answer));
        else reject(new Error(`${path}: ${response.statusCode} ${answer.slice(0, 300)}`));
      });
    });
    sent.on('error', reject);
    sent.end(text);
  });
}

async function startOurs() {
  const url = await database('ours');
  const child = spawn(process.execPath, [join(root, 'services/registry/dist/src/main.js')], {
    env: {
      PATH: process.env.PATH,
      DATABASE_URL: url,
      ARTIFACT_DIR: join(folder, 'ours'),
      REGISTRY_HTTP_PORT: '0',
      REGISTRY_GRPC_PORT: '0',
    },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  for await (const line of createInterface({ input: child.stdout })) {
    const { msg, http } = JSON.parse(line);
    if (msg !== 'listening') continue;
    child.stdout.resume();
    return { name: 'registry', child, url, base: `http://127.0.0.1:${http}`, pids: () => [child.pid] };
  }
  throw new Error('the registry ended before it listened');
}

async function startTheirs(python) {
  const url = await database('mlflow');
  const port = await freePort();
  const words = ['-m', 'mlflow', 'server', '--host', '127.0.0.1', '--port', String(port), '--workers', '1'];
  const stores = [
    '--backend-store-uri',
    url.replace('postgres:', 'postgresql+psycopg2:'),
    '--artifacts-destination',
    join(folder, 'mlflow'),
  ];
  const child = spawn(python, [...words, ...stores], { stdio: ['ignore', 'ignore', 'ignore'], detached: true });
  const base = `http://127.0.0.1:${port}`;
  for (let tries = 0; ; tries += 1) {
    const up = await call(base, 'POST', 'experiments/search', { max_results: 1 }).catch(() => undefined);
    if (up) break;
    if (tries === 600 || child.exitCode !== null) throw new Error('mlflow server did not start');
    await new Promise((resolve) => setTimeout(resolve, 500));
  }
  const group = () => childrenOf(child.pid);
  return { name: 'mlflow server', child, url, base, pids: group };
}

/** A process and all below it, by /proc. */
function childrenOf(pid) {
  const below = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ').filter(Boolean).map(Number);
  return [pid, ...below.flatMap(childrenOf)];
}

/** CPU milliseconds that processes have used, user and system; the kernel counts in hundredths of a second. */
const cpuMs = (pids) =>
  pids.reduce((sum, pid) => {
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1].split(' ');
    return sum + (Number(fields[11]) + Number(fields[12])) * 10;
  }, 0);

/** Callers that ask one thing after the other for some seconds. */
async function measure(house, ask) {
  for (let warm = 0; warm < 10; warm += 1) await ask(warm);
  const times = [];
  const cpu = cpuMs(house.pids());
  const begun = performance.now();
  let next = 10;
  await Promise.all(
    Array.from({ length: callers }, async () => {
      while (performance.now() - begun < seconds * 1_000) {
        const since = performance.now();
        await ask(next++);
        times.push(performance.now() - since);
      }
    }),
  );
  const elapsed = (performance.now() - begun) / 1_000;
  times.sort((one, other) => one - other);
  return {
    rate: times.length / elapsed,
    p50: times[Math.floor(times.length / 2)],
    p99: times[Math.floor(times.length * 0.99)],
    cpu: (cpuMs(house.pids()) - cpu) / times.length,
  };
}

const batch = (from) =>
  Array.from({ length: METRICS }, (_, i) => ({ key: `metric_${i % 10}`, value: i / 7, timestamp: from + i, step: i }));

async function run(house, seed) {
  const { base } = house;
  const { experiment_id } = await call(base, 'POST', 'experiments/create', { name: 'benchmark' });
  const { run: made } = await call(base, 'POST', 'runs/create', { experiment_id, start_time: Date.now() });
  const run_id = made.info.run_id;
  await call(base, 'POST', 'registered-models/create', { name: 'many' });
  await call(base, 'POST', 'registered-models/create', { name: 'growing' });
  await query(house.url, seed);
  await call(base, 'POST', 'registered-models/alias', { name: 'many', alias: 'champion', version: String(versions) });
  const works = {
    [`log-batch of ${METRICS} metrics`]: (n) =>
      call(base, 'POST', 'runs/log-batch', { run_id, metrics: batch(n * METRICS) }),
    'create version': () =>
      call(base, 'POST', 'model-versions/create', { name: 'growing', source: 's3://elsewhere/model', run_id }),
    'get by alias': () => call(base, 'GET', 'registered-models/alias', { name: 'many', alias: 'champion' }),
    [`search over ${versions} versions`]: () =>
      call(base, 'GET', 'model-versions/search', {
        filter: "name = 'many'",
        max_results: '100',
        order_by: 'version_number DESC',
      }),
  };
  const results = {};
  for (const [what, ask] of Object.entries(works)) {
    results[what] = await measure(house, ask);
    console.error(`${house.name}, ${what}: ${results[what].rate.toFixed(1)} req/s`); // as it goes
  }
  return results;
}

const OUR_VERSIONS = `INSERT INTO registry.mlflow_version
  SELECT 'many', n, 's3://elsewhere/model', '', '', '', '', '', '', 'active', false, 1700000000000 + n, 1700000000000 + n, '{}'
  FROM generate_series(1, ${versions}) AS n`;
const THEIR_VERSIONS = `INSERT INTO model_versions (name, version, creation_time, last_updated_time, description, user_id,
    current_stage, source, run_id, status, status_message, run_link, storage_location)
  SELECT 'many', n, 1700000000000 + n, 1700000000000 + n, '', '', 'None', 's3://elsewhere/model', '', 'READY', '', '', 's3://elsewhere/model'
  FROM generate_series(1, ${versions}) AS n`;

const houses = [];
try {
  const ours = await startOurs();
  houses.push(ours);
  const table = [await run(ours, OUR_VERSIONS)];
  if (values.mlflow) {
    const theirs = await startTheirs(values.mlflow);
    houses.push(theirs);
    table.push(await run(theirs, THEIR_VERSIONS));
  }
  console.log(`${callers} callers, ${seconds} s each`);
  for (const what of Object.keys(table[0])) {
    table.forEach((results, index) => {
      const { rate, p50, p99, cpu } = results[what];
      const ratio =
        index === 0 && table[1]
          ? `  ${(rate / table[1][what].rate).toFixed(1)}x req/s, p99 ${(p99 / table[1][what].p99).toFixed(2)}x`
          : '';
      console.log(
        `${what.padEnd(30)} ${houses[index].name.padEnd(14)} ${rate.toFixed(1).padStart(8)} req/s  p50 ${p50.toFixed(1)} ms  p99 ${p99.toFixed(1)} ms  ${cpu.toFixed(2)} ms CPU${ratio}`,
      );
    });
  }
} finally {
  for (const { name, child } of houses) {
    if (name === 'registry') child.kill('SIGKILL');
    else process.kill(-child.pid, 'SIGKILL'); // and its workers
    if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
  }
  for (const { url } of houses) await query(server, `DROP DATABASE ${new URL(url).pathname.slice(1)} WITH (FORCE)`);
  agent.destroy();
  rmSync(folder, { recursive: true, force: true });
}
