/**
 * How fast the gateway answers POST /v1/recommendations, with rules, fallbacks and the log on, in front of a real model
 * server: p50, p99, requests a second and processor time a request at 1 and 64 in flight, beside what the model server
 * and this process take for it, since all of them share the cores. In the same run, interleaved: a bare Nest + Fastify
 * hello, and a naive gateway (one gRPC call a request, no rules, no log) on the same model server.
 * What the gateway adds to the model server's own p50 is what it adds to a call made from this process.
 *
 *   npx tsc -b && node proof/benchmarks/gateway.mjs [--seconds 10] [--rounds 3]
 *
 * With `--fastapi PYTHON`, a python that has what fastapi.requirements.txt names, also FastAPI and ONNX Runtime in one
 * process. With `--stalled`, how long answers take whose budget is 100 ms while the model server stands still. With
 * `--soak SECONDS`, the gateway's memory under load over that time, and nothing else. With `--cpu-prof FOLDER`, where
 * the gateway's processor time goes.
 */
import { spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { Posts } from './model-server/posts.mjs';
import { inferenceClient } from './inference-client.mjs';
import { SmallRegistry } from '../../services/app-gateway/dist/test/small-registry.js';

const { values } = parseArgs({
  options: {
    seconds: { type: 'string', default: '10' },
    rounds: { type: 'string', default: '3' },
    fastapi: { type: 'string' },
    stalled: { type: 'boolean', default: false },
    soak: { type: 'string' },
    'cpu-prof': { type: 'string' },
  },
});
const [seconds, rounds] = [Number(values.seconds), Number(values.rounds)];
const at = (path) => fileURLToPath(new URL(`../../${path}`, import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'vinaigrette-benchmark-'));
const children = [];

/** A process that says `{"msg":"listening",...}`; resolves with that line. */
async function listening(script, environment, { program = process.execPath, flags = [], words = [] } = {}) {
  const env = { ...process.env, LOG_LEVEL: 'info', ...environment };
  const child = spawn(program, [...flags, script, ...words], { env, stdio: ['ignore', 'pipe', 'inherit'] });
  children.push(child);
  for await (const line of createInterface({ input: child.stdout })) {
    const told = JSON.parse(line);
    if (told.msg !== 'listening') continue;
    child.stdout.resume();
    return { ...told, child };
  }
  throw new Error(`${script} ended before it listened`);
}

function trainedVersion() {
  const basket = at('models/basket/dist/src/main.js');
  const [sales, version] = [join(folder, 'demo.csv'), join(folder, 'version')];
  for (const words of [
    ['generate', sales, '--seed', '1'],
    ['train', sales, '--out-dir', version],
  ]) {
    const { status, stderr } = spawnSync(process.execPath, [basket, ...words], { encoding: 'utf8' });
    if (status !== 0) throw new Error(stderr);
  }
  return version;
}

function wantedBy(registry, version, budgetMs = 5_000) {
  const read = (name) => readFileSync(join(version, name));
  const files = readdirSync(version).map((path) => ({ path, sha256: registry.keep(read(path)) }));
  const champion = { champion: 1 };
  const document = (kind, name, body) => ({
    kind,
    name,
    aliases: champion,
    versions: [{ kind, name, version: 1, bodyJson: JSON.stringify(body) }],
  });
  const signatureJson = read('signature.json').toString();
  const rules = [
    { id: 'sure', action: 'minimum-score', score: 0.05 },
    ...Array.from({ length: 18 }, (_, at) => ({ id: `recalled-${at}`, action: 'hide', skus: [`not-sold-${at}`] })),
    { id: 'few', action: 'cap', items: 20 },
  ];
  registry.want({
    models: [{ name: 'basket', aliases: champion, versions: [{ model: 'basket', version: 1, files, signatureJson }] }],
    documents: [
      document('use-case', 'recommendations', {
        kind: 'recommendation',
        model: 'basket',
        ruleSet: 'shop',
        budgetMs,
      }),
      document('rule-set', 'shop', { rules }),
    ],
  });
}

/** Processor time a process has used, user and system, in microseconds. Linux; elsewhere 0. */
function cpuUs(pid) {
  try {
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1].split(' ');
    return (Number(fields[11]) + Number(fields[12])) * 10_000;
  } catch {
    return 0;
  }
}

/**
 * Keeps so many requests in flight for so long; milliseconds of each, requests a second, and CPU time a request: of the
 * one asked, of whoever is `behind` it, and of this process.
 */
async function measure({ url, child, behind }, body, inFlight, durationS) {
  const { port, pathname } = new URL(url);
  const [posts, bytes, timesMs] = [new Posts(port, pathname), Buffer.from(JSON.stringify(body)), []];
  const spentUs = () => [child, behind, process].map((it) => (it ? cpuUs(it.pid) : 0));
  const [before, startedMs] = [spentUs(), performance.now()];
  const endMs = startedMs + durationS * 1_000;
  const asker = () =>
    new Promise((resolve, reject) => {
      const ask = () => {
        const askedMs = performance.now();
        if (askedMs >= endMs) return resolve();
        posts.call(bytes, (ok) => {
          if (!ok) return reject(new Error(`${url}: not every answer was a good one`));
          timesMs.push(performance.now() - askedMs);
          ask();
        });
      };
      ask();
    });
  try {
    await Promise.all(Array.from({ length: inFlight }, asker));
  } finally {
    posts.close();
  }
  const perSecond = timesMs.length / ((performance.now() - startedMs) / 1_000);
  const [own, theirs, ours] = spentUs().map((us, at) => (us - before[at]) / timesMs.length);
  timesMs.sort((a, b) => a - b);
  const at = (share) => timesMs[Math.min(timesMs.length - 1, Math.floor(share * timesMs.length))];
  return { p50: at(0.5), p99: at(0.99), perSecond, cpuUs: own, behindUs: theirs, askingUs: ours };
}

/** Memory in megabytes that a process holds. Linux; elsewhere 0. */
function residentMb(pid) {
  try {
    return Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))[1]) / 1024;
  } catch {
    return 0;
  }
}

/** Memory in megabytes that live objects of a process take, as it tells Prometheus. */
async function heapMb({ url }) {
  const text = await (await fetch(new URL('/metrics', url))).text();
  return Number(/^nodejs_heap_size_used_bytes (\S+)/m.exec(text)[1]) / 1024 ** 2;
}

/**
 * Says what the gateway holds, ten seconds after ten seconds: resident, and the least of its heap, which is what a
 * collection left. What the second half of the time added to that, by least squares, is what leaks.
 */
async function soak(gateway, body, durationS) {
  const [requests, leastMb] = [[0], []];
  for (let spentS = 10; spentS <= durationS; spentS += 10) {
    const looks = [];
    const looking = setInterval(() => void heapMb(gateway).then((mb) => looks.push(mb)), 250);
    const { perSecond } = await measure(gateway, body, 64, 10);
    clearInterval(looking);
    requests.push(requests.at(-1) + perSecond * 10);
    leastMb.push(Math.min(...looks));
    const resident = `${residentMb(gateway.child.pid).toFixed(1)} MB resident`;
    console.log(`${spentS} s: ${resident}, ${leastMb.at(-1).toFixed(1)} MB heap, ${Math.round(perSecond)} requests/s`);
  }
  const half = Math.floor(leastMb.length / 2);
  const perMillion = slope(requests.slice(1 + half), leastMb.slice(half)) * 1e6;
  console.log(
    `${Math.round(requests.at(-1))} requests; in the second half ${perMillion.toFixed(1)} MB of heap a million`,
  );
}

/** Of the line through the points by least squares. */
function slope(xs, ys) {
  const mean = (numbers) => numbers.reduce((sum, number) => sum + number, 0) / numbers.length;
  const [x, y] = [mean(xs), mean(ys)];
  const along = xs.reduce((sum, it, at) => sum + (it - x) * (ys[at] - y), 0);
  return along / xs.reduce((sum, it) => sum + (it - x) ** 2, 0);
}

/** How long each peer is kept busy before it is measured, in seconds: most of its code is compiled by then. */
const WARM_S = 8;

const targets = { cpuUs: 110, timesAPeer: 3, addedMs: 0.3 };

const judged = (kept) => (kept ? 'kept' : 'missed');

const KEYS = ['p50', 'p99', 'perSecond', 'cpuUs', 'behindUs', 'askingUs'];

/** A use case's budget while its model server stands still, and how much longer an answer may take, in milliseconds. */
const STALLED_BUDGET_MS = 100;
const LATE_MS_MAX = 10;

async function stalled(gateway, body, modelServer) {
  await new Promise((resolve) => setTimeout(resolve, 2_000)); // the new budget is in force
  for (const inFlight of [1, 16]) {
    modelServer.kill('SIGSTOP');
    const { p50, p99, perSecond } = await measure(gateway, body, inFlight, seconds);
    modelServer.kill('SIGCONT');
    await new Promise((resolve) => setTimeout(resolve, 2_000));
    const kept = judged(p99 <= STALLED_BUDGET_MS + LATE_MS_MAX);
    console.log(
      `model server stopped, budget ${STALLED_BUDGET_MS} ms, ${inFlight} in flight: p50 ${rounded(p50)} ms, ` +
        `p99 ${rounded(p99)} ms (${kept}), ${Math.round(perSecond)} requests/s`,
    );
  }
}

/** Milliseconds of the median call, one at a time, from this process. */
async function modelServerP50(port, items, durationS) {
  const infer = inferenceClient(`127.0.0.1:${port}`);
  const [timesMs, endMs] = [[], performance.now() + durationS * 1_000];
  while (performance.now() < endMs) {
    const startedMs = performance.now();
    await infer(items);
    timesMs.push(performance.now() - startedMs);
  }
  return median(timesMs);
}

const rounded = (ms) => Number(ms.toFixed(2));

const median = (numbers) => numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)];

try {
  const registry = new SmallRegistry();
  const version = trainedVersion();
  wantedBy(registry, version);
  const registryAddress = `127.0.0.1:${await registry.listen()}`;
  const models = await listening(at('services/model-server/dist/src/main.js'), {
    MODEL_SERVER_HTTP_PORT: '0',
    MODEL_SERVER_GRPC_PORT: '0',
    REGISTRY_ADDRESS: registryAddress,
    MODEL_SERVER_CACHE_DIR: join(folder, 'model-server'),
  });
  const gatewayEnvironment = {
    GATEWAY_HTTP_PORT: '0',
    REGISTRY_ADDRESS: registryAddress,
    MODEL_SERVER_ADDRESS: `127.0.0.1:${models.grpc}`,
    EVENT_LOG_DIR: join(folder, 'log'),
    GATEWAY_CACHE_DIR: join(folder, 'gateway'),
  };
  const profile = values['cpu-prof'] ? ['--cpu-prof', '--cpu-prof-dir', values['cpu-prof']] : [];
  const gateway = await listening(at('services/app-gateway/dist/src/main.js'), gatewayEnvironment, { flags: profile });
  const hello = await listening(at('proof/benchmarks/hello.mjs'), {});
  const naive = await listening(at('proof/benchmarks/naive-gateway.mjs'), { MODEL_SERVER: `127.0.0.1:${models.grpc}` });
  const url = `http://127.0.0.1:${gateway.http}/v1/recommendations`;
  const body = { basket: ['milk', 'bread'], customer: { id: 'c-1' }, context: { moment: 'cart' } };
  const ask = () =>
    fetch(url, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) });
  for (;;) {
    const answer = await ask().then((response) => (response.ok ? response.json() : undefined));
    if (answer?.servedBy.fallback === null) break; // the model answers
    await new Promise((resolve) => setTimeout(resolve, 100));
  }

  const fastapi = values.fastapi
    ? await listening(
        at('proof/benchmarks/fastapi_gateway.py'),
        {},
        { program: values.fastapi, words: [join(version, 'model.onnx')] },
      )
    : undefined;
  const compare = async () => {
    const peers = [
      { name: 'gateway', url, child: gateway.child, behind: models.child },
      {
        name: 'naive gateway',
        url: `http://127.0.0.1:${naive.http}/recommend`,
        child: naive.child,
        behind: models.child,
      },
      { name: 'bare hello', url: `http://127.0.0.1:${hello.http}/hello`, child: hello.child },
      ...(fastapi
        ? [{ name: 'FastAPI', url: `http://127.0.0.1:${fastapi.http}/recommend`, child: fastapi.child }]
        : []),
    ];
    console.log(`${cpus().length} cores, ${process.version}, ${rounds} rounds of ${seconds} s each, medians`);
    for (const peer of peers) await measure(peer, body, 64, WARM_S);
    for (const inFlight of [1, 64]) {
      for (const peer of peers) peer.rounds = [];
      for (let round = 0; round < rounds; round++) {
        for (const peer of peers) peer.rounds.push(await measure(peer, body, inFlight, seconds));
      }
      const [ours, ...others] = peers.map(({ rounds: all }) =>
        Object.fromEntries(KEYS.map((key) => [key, median(all.map((one) => one[key]))])),
      );
      console.log(`\n${inFlight} in flight`);
      console.table({
        gateway: told(ours),
        ...Object.fromEntries(others.map((other, index) => [peers[index + 1].name, told(other)])),
        ...Object.fromEntries(
          others.map((other, index) => [
            `gateway / ${peers[index + 1].name}`,
            Object.fromEntries(Object.keys(told(ours)).map((key, at) => [key, ratio(ours, other, at)])),
          ]),
        ),
      });
      if (inFlight === 1) {
        const own = await modelServerP50(models.grpc, body.basket, seconds);
        const addedMs = ours.p50 - own;
        console.log(
          `model server alone: p50 ${rounded(own)} ms; the gateway adds ${rounded(addedMs)} ms ` +
            `(target ${targets.addedMs}: ${judged(addedMs <= targets.addedMs)})`,
        );
      } else {
        console.log(
          `CPU us a request: ${Math.round(ours.cpuUs)} (target ${targets.cpuUs}: ${judged(ours.cpuUs <= targets.cpuUs)})`,
        );
        for (const [index, other] of others.entries()) {
          const { name } = peers[index + 1];
          if (name === 'bare hello') continue;
          const times = ours.perSecond / other.perSecond;
          console.log(
            `requests/s of ${name}: ${times.toFixed(2)} times (target ${targets.timesAPeer}: ${judged(times >= targets.timesAPeer)})`,
          );
        }
      }
    }
  };
  if (values.soak) await soak({ url, child: gateway.child }, body, Number(values.soak));
  else await compare();
  if (values.stalled) {
    wantedBy(registry, version, STALLED_BUDGET_MS);
    await stalled({ url, child: gateway.child }, body, models.child);
  }
  await registry.close();
} finally {
  for (const child of children) child.kill('SIGTERM');
  rmSync(folder, { recursive: true, force: true });
}

function told({ p50, p99, perSecond, cpuUs: own, behindUs, askingUs }) {
  return {
    'p50 ms': rounded(p50),
    'p99 ms': rounded(p99),
    'requests/s': Math.round(perSecond),
    'CPU us a request': Math.round(own),
    'with the model server': Math.round(own + behindUs),
    'of the asker': Math.round(askingUs),
  };
}

function ratio(ours, bare, index) {
  const read = ({ p50, p99, perSecond, cpuUs: own, behindUs, askingUs }) =>
    [p50, p99, perSecond, own, own + behindUs, askingUs][index];
  return read(bare) > 0 ? Number((read(ours) / read(bare)).toFixed(2)) : 'below the clock';
}
