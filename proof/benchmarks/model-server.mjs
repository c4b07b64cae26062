/**
 * How fast the model server answers ModelInfer (raw contents, batch 1), beside a bare grpc-js echo of the same bytes in
 * the same run: requests a second, p50, p99 and (on Linux) the server's CPU time a request. Rounds are interleaved, the
 * median of the rounds is printed, and behind each figure what it should be. Two models: trees over texts and numbers,
 * and a recommender (model-server/models.mjs).
 *
 *   npx tsc -b && node proof/benchmarks/model-server.mjs [--seconds 5] [--rounds 3]
 *     --open      also an open loop: half, and twice, what 64 in flight reached
 *     --swaps N   also N swaps of version under load, and the memory they leave
 *     --rest      also the protocol's JSON form over HTTP
 *     --idle      also 100 models of 1 MB at rest
 *     --batch     also what a batch of 2,048 rows leaves behind
 *     --processes N   so many server processes (SERVER_PROCESSES); the load comes on one connection for each loop
 *     --no-grpc   not the closed loops over gRPC
 *     --peers FOLDER  also KServe, MLServer and FastAPI on the same files; FOLDER has the Python environments `kserve` and
 *                 `mlserver`, made of model-server/{kserve,mlserver}.requirements.txt
 */
import { cpSync, mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { create, toBinary } from '@bufbuild/protobuf';
import { Server, ServerCredentials } from '@grpc/grpc-js';
import { ModelInferRequestSchema } from '@vinaigrette/contracts/inference';
import { encodeRaw, tensorOf } from '@vinaigrette/signature';
import { openLoop } from './model-server/arrivals.mjs';
import { Calls, grpcMessage, versionOf } from './model-server/calls.mjs';
import { closedLoop, median, METHOD } from './model-server/loops.mjs';
import { recommender, tabular } from './model-server/models.mjs';
import { cpuUsOf, listening, memoryMbOf, untilReady, untilServed } from './model-server/processes.mjs';

const { values } = parseArgs({
  options: {
    seconds: { type: 'string', default: '5' },
    rounds: { type: 'string', default: '3' },
    swaps: { type: 'string', default: '0' },
    processes: { type: 'string', default: '1' },
    peers: { type: 'string' },
    'no-grpc': { type: 'boolean', default: false },
    ...Object.fromEntries(['open', 'rest', 'idle', 'batch', 'echo'].map((name) => [name, { type: 'boolean', default: false }])), // prettier-ignore
  },
});
const seconds = Number(values.seconds);
const rounds = Number(values.rounds);
const asItIs = (bytes) => bytes;
const at = (path) => fileURLToPath(new URL(path, import.meta.url));
const MAIN = at('../../services/model-server/dist/src/main.js');

if (values.echo) await serveEcho();
else await measure();

/** The limit: a server of grpc-js, and one of node:http, that only send the bytes back. */
async function serveEcho() {
  const web = createServer((request, response) => {
    const pieces = [];
    request.on('data', (piece) => pieces.push(piece));
    request.on('end', () => {
      const body = Buffer.concat(pieces);
      response.writeHead(200, { 'content-type': 'application/json', 'content-length': body.length }).end(body);
    });
  });
  await new Promise((done) => web.listen(0, '127.0.0.1', done));
  const server = new Server();
  const codec = { requestSerialize: asItIs, requestDeserialize: asItIs, responseSerialize: asItIs, responseDeserialize: asItIs }; // prettier-ignore
  const method = { path: METHOD, requestStream: false, responseStream: false, ...codec };
  server.addService({ ModelInfer: method }, { ModelInfer: (call, answer) => answer(null, call.request) });
  server.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (error, grpc) => {
    if (error) throw error;
    console.log(JSON.stringify({ msg: 'listening', grpc, http: web.address().port }));
  });
}

async function measure() {
  const folder = mkdtempSync(join(tmpdir(), 'vinaigrette-benchmark-'));
  const children = [];
  try {
    const models = { tabular: await tabular(), recommender: await recommender() };
    const repository = join(folder, 'models');
    for (const [name, model] of Object.entries(models)) putVersion(repository, name, 1, model);
    const peersRepository = join(folder, 'peers');
    cpSync(repository, peersRepository, { recursive: true });
    const echo = await listening(children, process.execPath, [fileURLToPath(import.meta.url), '--echo']);
    const server = await serve(children, repository, 100);
    const targetsOf = (host, label) => Object.entries(models).map(([name, { runMs, inputs }]) => ({ ...host, name, label: `${label}${name}`, runMs, message: request(name, inputs) })); // prettier-ignore
    const ours = targetsOf(server, '');
    const others = [];
    for (const name of values.peers && !values['no-grpc'] ? ['kserve', 'mlserver'] : []) {
      others.push(...targetsOf(await peer(children, name, peersRepository), `${name} `));
    }
    const limit = { ...echo, name: 'echo', label: 'echo', runMs: 0, message: ours[0].message };
    console.log(
      `${cpus().length} cores (${cpus()[0].model}), Node ${process.version}, ${rounds} rounds of ${seconds} s`,
    );
    const rates = values['no-grpc'] ? [] : await closedLoops([limit, ...ours, ...others]);
    if (values.open) await openLoops([limit, ...ours], rates);
    if (values.rest) {
      const fastapi = values.peers ? await peer(children, 'fastapi', peersRepository) : undefined;
      await restLoops(server, echo, fastapi, models);
    }
    if (values.batch) await leftByBatch(ours[1], models.recommender);
    if (Number(values.swaps) > 0) await swapUnderLoad(repository, ours[0], models.tabular, Number(values.swaps));
    if (values.idle) await idle(children, join(folder, 'idle'), models.recommender);
  } finally {
    for (const child of children) child.kill();
    rmSync(folder, { recursive: true, force: true });
  }
}

/** `pollMs`: how often the folder is looked through; absent: as the server does by itself. */
async function serve(children, repository, pollMs) {
  const server = await listening(children, process.execPath, [MAIN], {
    MODEL_SERVER_HTTP_PORT: '0',
    MODEL_SERVER_GRPC_PORT: '0',
    MODEL_REPOSITORY: repository,
    ...(pollMs === undefined ? {} : { MODEL_REPOSITORY_POLL_MS: String(pollMs) }),
    SERVER_PROCESSES: values.processes,
  });
  await untilReady(server.http);
  return server;
}

async function peer(children, name, repository) {
  const python = join(values.peers, name === 'mlserver' ? 'mlserver' : 'kserve', 'bin/python');
  const server = await listening(children, python, [at('model-server/peers.py'), name, repository]);
  await untilReady(server.http, name === 'fastapi' ? '/openapi.json' : '/v2/health/ready');
  return server;
}

/** 1 and 64 in flight on one connection. */
async function closedLoops(targets) {
  const seen = targets.map(() => ({ 1: [], 64: [] }));
  for (let round = 0; round <= rounds; round++) {
    for (const [index, target] of targets.entries()) {
      for (const inFlight of [1, 64]) {
        const result = await closedLoop(target, inFlight, round === 0 ? 2 : seconds); // round 0 warms up
        if (round > 0) seen[index][inFlight].push(result);
      }
    }
  }
  const of = (index, inFlight, key) => median(seen[index][inFlight].map((result) => result[key]));
  for (const inFlight of [1, 64]) {
    for (const [index, { label, runMs }] of targets.entries()) {
      const [rate, p50, p99, cpuUs, failed] = ['rate', 'p50', 'p99', 'cpuUs', 'failed'].map((key) => of(index, inFlight, key)); // prettier-ignore
      const share = (rate / of(0, inFlight, 'rate')).toFixed(2);
      const slower = (p50 / (of(0, inFlight, 'p50') + runMs)).toFixed(2);
      const ofEcho = inFlight === 64 ? `${share} of the echo, at least 0.85` : `${share} of the echo`;
      const ofRun = inFlight === 1 ? `${slower} of echo + run, at most 1.15` : `${slower} of echo + run`;
      console.log(
        `${String(inFlight).padStart(2)} in flight  ${label.padEnd(18)} ${rate.toFixed(0).padStart(6)} req/s (${ofEcho})  ` +
          `p50 ${p50.toFixed(2)} ms (${ofRun})  p99 ${p99.toFixed(2)} ms  ` +
          `CPU ${cpuUs.toFixed(0)} us (${(cpuUs / of(0, inFlight, 'cpuUs')).toFixed(2)} x)  failed ${failed}`,
      );
    }
  }
  besidePeers(targets, (index, key) => of(index, 64, key));
  return targets.map((_, index) => of(index, 64, 'rate'));
}

/** Each model at 64 in flight, beside the best of those who serve it too. */
function besidePeers(targets, medianOf) {
  const seen = targets.map(({ name, label }, index) => ({ name, label, rate: medianOf(index, 'rate'), cpuUs: medianOf(index, 'cpuUs') })); // prettier-ignore
  for (const own of seen.filter(({ name, label }) => name === label)) {
    const peers = seen.filter(({ name, label }) => name === own.name && label !== name);
    if (peers.length === 0) continue;
    const best = peers.reduce((one, other) => (other.rate > one.rate ? other : one));
    console.log(
      `64 in flight  ${own.label.padEnd(18)} ${(own.rate / best.rate).toFixed(1)} x the calls of ${best.label}, at least 10; ` +
        `1/${(best.cpuUs / own.cpuUs).toFixed(1)} of its CPU a call`,
    );
  }
}

/** Half, and twice, of what 64 in flight reached; the echo at shares of its own, which is what such a machine does. */
async function openLoops(targets, rates) {
  for (const load of [0.5, 2]) {
    for (const [index, target] of targets.entries()) {
      const { rate, refused, p99, refusedP99, lateP99, cpuUs } = await openLoop(target, METHOD, load * rates[index], seconds); // prettier-ignore
      const wanted = load < 1 ? 'p99 at most 5 ms' : 'goodput at least 0.90';
      console.log(
        `open loop, ${load} of capacity  ${target.label.padEnd(11)} goodput ${(rate / rates[index]).toFixed(2)} of capacity  ` +
          `p99 ${p99.toFixed(2)} ms (the generator's own ${lateP99.toFixed(2)})  refused ${refused}, p99 ${refusedP99.toFixed(2)} ms  ` +
          `CPU ${cpuUs.toFixed(0)} us a call  (${wanted})`,
      );
    }
  }
}

/** The JSON form, 8 in flight: 4 x FastAPI is wanted; a bare node:http echo is the most there could be. */
async function restLoops(server, echo, fastapi, models) {
  for (const [name, { inputs }] of Object.entries(models)) {
    const tensors = Object.entries(inputs).map(([input, { datatype, shape, data }]) => ({ name: input, datatype, shape, data })); // prettier-ignore
    const post = { name, post: `/v2/models/${name}/infer`, message: Buffer.from(JSON.stringify({ inputs: tensors })) };
    const hosts = [server, echo, fastapi].filter((host) => host !== undefined);
    const seen = hosts.map(() => []);
    for (let round = 0; round <= rounds; round++) {
      for (const [index, host] of hosts.entries()) seen[index].push(await closedLoop({ ...host, ...post }, 8, seconds));
    }
    const [ours, bare, theirs] = seen.map((results) => results.slice(1));
    const of = (results, key) => median(results.map((result) => result[key]));
    const most = `  ${(of(ours, 'rate') / of(bare, 'rate')).toFixed(2)} of a node:http echo, whose CPU is ${of(bare, 'cpuUs').toFixed(0)} us`;
    const beside = theirs
      ? `  ${(of(ours, 'rate') / of(theirs, 'rate')).toFixed(2)} x FastAPI, at least 4; ` +
        `its CPU ${of(theirs, 'cpuUs').toFixed(0)} us, failed ${of(theirs, 'failed')}`
      : '';
    console.log(
      `JSON, 8 in flight  ${name.padEnd(11)} ${of(ours, 'rate').toFixed(0)} req/s  p50 ${of(ours, 'p50').toFixed(2)} ms  ` +
        `CPU ${of(ours, 'cpuUs').toFixed(0)} us  failed ${of(ours, 'failed')}${most}${beside}`,
    );
  }
}

async function leftByBatch(target, { inputs }) {
  const rows = 2_048;
  const many = Object.fromEntries(
    Object.entries(inputs).map(
      ([
        name,
        {
          datatype,
          shape: [, ...rest],
          data,
        },
      ]) => [name, { datatype, shape: [rows, ...rest], data: Array.from({ length: rows }, () => data).flat() }],
    ),
  );
  const calls = new Calls(target.grpc, METHOD);
  const ask = (message) => new Promise((done) => calls.call(message, done));
  await ask(target.message);
  await pause(2_000);
  const beforeMb = memoryMbOf(target.pid);
  const ok = await ask(request(target.name, many));
  await pause(2_000);
  const leftMb = memoryMbOf(target.pid) - beforeMb;
  calls.close();
  console.log(`a batch of ${rows} rows  answered ${ok}  leaves ${leftMb.toFixed(1)} MB (at most 20)`);
}

/** One version after another becomes the one that answers, while 8 callers ask. */
async function swapUnderLoad(folder, target, model, swaps) {
  const steady = await closedLoop(target, 8, 5);
  let [over, served, wanted, unwanted] = [false, 1, 1, 0];
  const loaded = closedLoop(target, 8, 36_000, {
    until: () => over,
    sent: () => served,
    // Wanted is what answered when the call left, and all that was put there since.
    answered: (answer, oldest) => (unwanted += versionOf(answer) >= oldest && versionOf(answer) <= wanted ? 0 : 1),
  });
  let tenthMb = NaN;
  const startedMs = performance.now();
  for (let swap = 1; swap <= swaps; swap++) {
    wanted = swap + 1;
    putVersion(folder, target.name, wanted, model);
    await untilServed(target.http, target.name, wanted);
    served = wanted;
    rmSync(join(folder, target.name, String(swap)), { recursive: true });
    if (swap === Math.min(10, swaps)) tenthMb = memoryMbOf(target.pid);
  }
  const swapMs = (performance.now() - startedMs) / swaps;
  over = true;
  const { p99, failed } = await loaded;
  const lastMb = memoryMbOf(target.pid);
  console.log(
    `${swaps} swaps under load, one in ${swapMs.toFixed(0)} ms  failed ${failed}, by a version not wanted ${unwanted} (0 and 0)  ` +
      `p99 ${p99.toFixed(2)} ms, ${(p99 / steady.p99).toFixed(2)} x steady (at most 1.3)  ` +
      `memory ${lastMb.toFixed(0)} MB, ${(lastMb / tenthMb).toFixed(2)} x after the tenth (at most 1.3)`,
  );
}

async function idle(children, folder, model) {
  const models = 100;
  for (let index = 0; index < models; index++) putVersion(folder, `model-${index}`, 1, model);
  const startedMs = performance.now();
  const server = await serve(children, folder);
  const loadedS = (performance.now() - startedMs) / 1_000;
  await pause(12_000); // what proved them ends after 10 s
  const before = cpuUsOf(server.pid);
  await pause(20_000);
  const share = (cpuUsOf(server.pid) - before) / 20_000_000;
  console.log(
    `${models} models of ${(model.model.length / 1e6).toFixed(1)} MB  loaded in ${loadedS.toFixed(1)} s  ` +
      `memory ${memoryMbOf(server.pid).toFixed(0)} MB  idle CPU ${(100 * share).toFixed(2)} % (less than 1)`,
  );
}

function putVersion(folder, name, number, { model, golden }) {
  const beside = mkdtempSync(join(tmpdir(), 'vinaigrette-version-'));
  writeFileSync(join(beside, 'model.onnx'), model);
  writeFileSync(join(beside, 'golden.json'), JSON.stringify(golden));
  mkdirSync(join(folder, name), { recursive: true });
  renameSync(beside, join(folder, name, String(number)));
}

function request(modelName, inputs) {
  const tensors = Object.entries(inputs).map(([name, { datatype, shape, data }]) => [
    name,
    tensorOf(datatype, shape, data),
  ]);
  const message = create(ModelInferRequestSchema, {
    modelName,
    inputs: tensors.map(([name, { datatype, shape }]) => ({ name, datatype, shape: shape.map(BigInt) })),
    rawInputContents: tensors.map(([, tensor]) => encodeRaw(tensor)),
  });
  return grpcMessage(toBinary(ModelInferRequestSchema, message));
}
