/**
 * How fast the model server answers ModelInfer (raw contents, batch 1), beside a bare grpc-js echo of the same bytes in
 * the same run: requests a second, p50, p99 and (on Linux) the server's CPU time a request. Rounds are interleaved, the
 * median of the rounds is printed. Two models: trees over texts and numbers, and a recommender (model-server/models.mjs).
 *
 *   npx tsc -b && node proof/benchmarks/model-server.mjs [--seconds 5] [--rounds 3]
 *     --open     also an open loop: half, and twice, what 64 in flight reached
 *     --swaps N  also N swaps of version under load, and the memory they leave
 */
import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { create, toBinary } from '@bufbuild/protobuf';
import { Server, ServerCredentials } from '@grpc/grpc-js';
import { ModelInferRequestSchema } from '@vinaigrette/contracts/inference';
import { encodeRaw, tensorOf } from '@vinaigrette/signature';
import { Calls, grpcMessage } from './model-server/calls.mjs';
import { recommender, tabular } from './model-server/models.mjs';

const METHOD = '/inference.GRPCInferenceService/ModelInfer';
const { values } = parseArgs({
  options: {
    seconds: { type: 'string', default: '5' },
    rounds: { type: 'string', default: '3' },
    open: { type: 'boolean', default: false },
    swaps: { type: 'string', default: '0' },
    echo: { type: 'boolean', default: false },
  },
});
const asItIs = (bytes) => bytes;
const pause = () => new Promise((done) => setTimeout(done, 50));
const at = (path) => fileURLToPath(new URL(`../../${path}`, import.meta.url));
const quantile = (sorted, share) => sorted[Math.floor(share * (sorted.length - 1))];
const median = (numbers) => quantile([...numbers].sort((a, b) => a - b), 0.5); // prettier-ignore

if (values.echo) serveEcho();
else await measure(Number(values.seconds), Number(values.rounds), Number(values.swaps));

/** The limit: a server of grpc-js that only sends the bytes back. */
function serveEcho() {
  const server = new Server();
  const codec = { requestSerialize: asItIs, requestDeserialize: asItIs, responseSerialize: asItIs, responseDeserialize: asItIs }; // prettier-ignore
  const method = { path: METHOD, requestStream: false, responseStream: false, ...codec };
  server.addService({ ModelInfer: method }, { ModelInfer: (call, answer) => answer(null, call.request) });
  server.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (error, grpc) => {
    if (error) throw error;
    console.log(JSON.stringify({ msg: 'listening', grpc }));
  });
}

async function measure(seconds, rounds, swaps) {
  const folder = mkdtempSync(join(tmpdir(), 'vinaigrette-benchmark-'));
  const children = [];
  try {
    const models = { tabular: await tabular(), recommender: await recommender() };
    for (const [name, model] of Object.entries(models)) putVersion(folder, name, 1, model);
    const echo = await listening(children, fileURLToPath(import.meta.url), ['--echo'], {});
    const server = await listening(children, at('services/model-server/dist/src/main.js'), [], {
      MODEL_SERVER_HTTP_PORT: '0',
      MODEL_SERVER_GRPC_PORT: '0',
      MODEL_REPOSITORY: folder,
      MODEL_REPOSITORY_POLL_MS: '100',
    });
    await untilReady(server.http);
    const targets = [
      { ...echo, name: 'echo', runMs: 0, message: request('tabular', models.tabular.inputs) },
      ...Object.entries(models).map(([name, { inputs, runMs }]) => ({ ...server, name, runMs, message: request(name, inputs) })), // prettier-ignore
    ];
    console.log(
      `${cpus().length} cores (${cpus()[0].model}), Node ${process.version}, ${rounds} rounds of ${seconds} s`,
    );
    const rates = await closedLoops(targets, seconds, rounds);
    if (values.open) await openLoops(targets.slice(1), rates, seconds);
    if (swaps > 0) await swapUnderLoad(folder, targets[1], models.tabular, swaps);
  } finally {
    for (const child of children) child.kill();
    rmSync(folder, { recursive: true, force: true });
  }
}

/** As many calls as are answered, so many in flight on one connection. */
async function closedLoops(targets, seconds, rounds) {
  const seen = targets.map(() => ({ 1: [], 64: [] }));
  for (let round = 0; round <= rounds; round++) {
    for (const [index, target] of targets.entries()) {
      for (const inFlight of [1, 64]) {
        const result = await closedLoop(target, inFlight, round === 0 ? 1 : seconds); // round 0 warms up
        if (round > 0) seen[index][inFlight].push(result);
      }
    }
  }
  const of = (index, inFlight, key) => median(seen[index][inFlight].map((result) => result[key]));
  for (const inFlight of [1, 64]) {
    for (const [index, { name, runMs }] of targets.entries()) {
      const [rate, p50, p99, cpuUs, failed] = ['rate', 'p50', 'p99', 'cpuUs', 'failed'].map((key) => of(index, inFlight, key)); // prettier-ignore
      const least = of(0, inFlight, 'p50') + runMs;
      console.log(
        `${String(inFlight).padStart(2)} in flight  ${name.padEnd(11)} ${rate.toFixed(0).padStart(6)} req/s ` +
          `(${(rate / of(0, inFlight, 'rate')).toFixed(2)} of the echo)  p50 ${p50.toFixed(2)} ms ` +
          `(${(p50 / least).toFixed(2)} of echo + run)  p99 ${p99.toFixed(2)} ms  ` +
          `CPU ${cpuUs.toFixed(0)} us (${(cpuUs / of(0, inFlight, 'cpuUs')).toFixed(2)} x)  failed ${failed}`,
      );
    }
  }
  return targets.map((_, index) => of(index, 64, 'rate'));
}

async function closedLoop({ grpc, pid, message }, inFlight, seconds, until = () => false) {
  const calls = new Calls(grpc, METHOD);
  const latenciesMs = [];
  let failed = 0;
  const cpuBeforeUs = cpuUsOf(pid);
  const startedMs = performance.now();
  const endMs = startedMs + seconds * 1_000;
  const caller = (done) => {
    const sinceMs = performance.now();
    if (sinceMs > endMs || until()) return done();
    calls.call(message, (ok) => {
      if (ok) latenciesMs.push(performance.now() - sinceMs);
      else failed++;
      caller(done);
    });
  };
  await Promise.all(Array.from({ length: inFlight }, () => new Promise(caller)));
  const elapsedS = (performance.now() - startedMs) / 1_000;
  calls.close();
  latenciesMs.sort((a, b) => a - b);
  const cpuUs = (cpuUsOf(pid) - cpuBeforeUs) / latenciesMs.length;
  return { rate: latenciesMs.length / elapsedS, p50: quantile(latenciesMs, 0.5), p99: quantile(latenciesMs, 0.99), cpuUs, failed }; // prettier-ignore
}

/** Calls at their own times, whether or not the ones before are answered; a latency counts from when it was due. */
async function openLoops(targets, [, ...rates], seconds) {
  for (const [index, target] of targets.entries()) {
    for (const load of [0.5, 2]) {
      const { answered, failed, p99 } = await openLoop(target, load * rates[index], seconds);
      const goodput = answered / seconds / rates[index];
      console.log(
        `open loop, ${load} of capacity  ${target.name.padEnd(11)} goodput ${goodput.toFixed(2)} of capacity  ` +
          `p99 ${p99.toFixed(2)} ms  refused ${failed}`,
      );
    }
  }
}

async function openLoop({ grpc, message }, rate, seconds) {
  const calls = new Calls(grpc, METHOD);
  const latenciesMs = [];
  let [failed, sent, open] = [0, 0, 0];
  const startedMs = performance.now();
  await new Promise((done) => {
    const turn = () => {
      const dueMs = Math.min(performance.now() - startedMs, seconds * 1_000);
      for (; (sent / rate) * 1_000 < dueMs; sent++) {
        const sinceMs = startedMs + (sent / rate) * 1_000;
        open++;
        calls.call(message, (ok) => {
          open--;
          if (ok) latenciesMs.push(performance.now() - sinceMs);
          else failed++;
        });
      }
      if (dueMs < seconds * 1_000 || open > 0) setTimeout(turn, 1);
      else done();
    };
    turn();
  });
  calls.close();
  latenciesMs.sort((a, b) => a - b);
  return { answered: latenciesMs.length, failed, p99: quantile(latenciesMs, 0.99) };
}

/** One version after another becomes the one that answers, while 8 callers ask. */
async function swapUnderLoad(folder, target, model, swaps) {
  const steady = await closedLoop(target, 8, 5);
  let over = false;
  const loaded = closedLoop(target, 8, 3_600, () => over);
  let tenthMb = NaN;
  for (let swap = 1; swap <= swaps; swap++) {
    putVersion(folder, target.name, swap + 1, model);
    await untilServed(target.http, target.name, swap + 1);
    rmSync(join(folder, target.name, String(swap)), { recursive: true });
    if (swap === Math.min(10, swaps)) tenthMb = memoryMbOf(target.pid);
  }
  over = true;
  const { p99, failed } = await loaded;
  const lastMb = memoryMbOf(target.pid);
  console.log(
    `${swaps} swaps under load  failed ${failed}  p99 ${(p99 / steady.p99).toFixed(2)} x steady  ` +
      `memory ${lastMb.toFixed(0)} MB, ${(lastMb / tenthMb).toFixed(2)} x after the tenth`,
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

/** CPU time a process has used, in microseconds, to 10 ms; NaN where there is no /proc. */
function cpuUsOf(pid) {
  if (process.platform !== 'linux') return NaN;
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1].split(' ');
  return (Number(fields[11]) + Number(fields[12])) * 10_000; // user and system time, 100 ticks a second
}

function memoryMbOf(pid) {
  if (process.platform !== 'linux') return NaN;
  return Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) / 1_024;
}

async function listening(children, script, words, environment) {
  const env = { ...process.env, ...environment };
  const child = spawn(process.execPath, [script, ...words], { env, stdio: ['ignore', 'pipe', 'inherit'] });
  children.push(child);
  return new Promise((told, failed) => {
    child.once('exit', (code) => failed(new Error(`${script} ended with ${code}`)));
    createInterface({ input: child.stdout }).on('line', (line) => {
      const event = JSON.parse(line);
      if (event.msg === 'listening') told({ ...event, pid: child.pid });
    });
  });
}

async function untilReady(port) {
  while ((await fetch(`http://127.0.0.1:${port}/readyz`)).status !== 200) await pause();
}

async function untilServed(port, name, number) {
  for (;;) {
    const { models } = await (await fetch(`http://127.0.0.1:${port}/readyz`)).json();
    const versions = models.find((model) => model.name === name).versions;
    if (versions.some((version) => version.number === number && version.state === 'ready')) return;
    await pause();
  }
}
