/**
 * How fast the model server answers ModelInfer (raw contents, batch 1) at 1 and 64 in flight: requests a second, p50, p99
 * and (on Linux) the server's CPU time a request, beside a bare grpc-js echo of the same bytes in the same run. Two models: one addition, and the demo shop's
 * basket. Rounds are interleaved; the median of the rounds is printed.
 *
 *   npx tsc -b && node proof/benchmarks/model-server.mjs [--seconds 5] [--rounds 3]
 */
import { spawn, spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { create, toBinary } from '@bufbuild/protobuf';
import { Client, credentials, Server, ServerCredentials } from '@grpc/grpc-js';
import { ModelInferRequestSchema } from '@vinaigrette/contracts/inference';
import { encodeRaw } from '@vinaigrette/signature';
import { adder, adderGolden } from '../../services/model-server/dist/test/tiny-models.js';

const METHOD = '/inference.GRPCInferenceService/ModelInfer';
const { values } = parseArgs({
  options: {
    seconds: { type: 'string', default: '5' },
    rounds: { type: 'string', default: '3' },
    echo: { type: 'boolean', default: false },
  },
});
const asItIs = (bytes) => bytes;
const at = (path) => fileURLToPath(new URL(`../../${path}`, import.meta.url));

if (values.echo) await serveEcho();
else await measure(Number(values.seconds), Number(values.rounds));

/** The limit: a server of the same make that only sends the bytes back. */
async function serveEcho() {
  const server = new Server();
  const method = { path: METHOD, requestStream: false, responseStream: false };
  const codec = {
    requestSerialize: asItIs,
    requestDeserialize: asItIs,
    responseSerialize: asItIs,
    responseDeserialize: asItIs,
  };
  server.addService(
    { ModelInfer: { ...method, ...codec } },
    { ModelInfer: (call, answer) => answer(null, call.request) },
  );
  server.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (error, grpc) => {
    if (error) throw error;
    console.log(JSON.stringify({ msg: 'listening', grpc }));
  });
}

async function measure(seconds, rounds) {
  const folder = mkdtempSync(join(tmpdir(), 'vinaigrette-benchmark-'));
  const children = [];
  try {
    fillRepository(folder);
    const echo = await listening(children, fileURLToPath(import.meta.url), ['--echo'], {});
    const ports = { MODEL_SERVER_HTTP_PORT: '0', MODEL_SERVER_GRPC_PORT: '0', MODEL_REPOSITORY: folder };
    const server = await listening(children, at('services/model-server/dist/src/main.js'), [], ports);
    await untilReady(server.http);
    const addition = request('adder', { name: 'x', datatype: 'FP32', shape: [1, 2], data: Float32Array.of(1, 2) });
    const basket = request('basket', { name: 'items', datatype: 'BYTES', shape: [1, 2], data: ['milk', 'bread'] });
    const targets = [
      { ...echo, name: 'echo', bytes: addition },
      { ...server, name: 'addition', bytes: addition },
      { ...server, name: 'basket', bytes: basket },
    ];
    const seen = targets.map(() => ({ 1: [], 64: [] }));
    for (let round = 0; round <= rounds; round++) {
      for (const [index, target] of targets.entries()) {
        for (const inFlight of [1, 64]) {
          const result = await load(target, inFlight, round === 0 ? 1 : seconds); // round 0 warms up
          if (round > 0) seen[index][inFlight].push(result);
        }
      }
    }
    print(targets, seen, seconds, rounds);
  } finally {
    for (const child of children) child.kill();
    rmSync(folder, { recursive: true, force: true });
  }
}

function fillRepository(folder) {
  const version = (name) => {
    const path = join(folder, name, '1');
    mkdirSync(path, { recursive: true });
    return path;
  };
  const addition = version('adder');
  writeFileSync(join(addition, 'model.onnx'), adder(1));
  writeFileSync(join(addition, 'golden.json'), JSON.stringify(adderGolden(1)));
  const [sales, trained] = [join(folder, '.demo.csv'), join(folder, '.trained')];
  const main = at('models/basket/dist/src/main.js');
  for (const words of [
    ['generate', sales, '--seed', '1'],
    ['train', sales, '--out-dir', trained],
  ]) {
    const { status, stderr } = spawnSync(process.execPath, [main, ...words], { encoding: 'utf8' });
    if (status !== 0) throw new Error(stderr);
  }
  const basket = version('basket');
  for (const file of ['model.onnx', 'golden.json', 'signature.json']) cpSync(join(trained, file), join(basket, file));
}

function request(modelName, tensor) {
  const { name, datatype, shape } = tensor;
  const inputs = [{ name, datatype, shape: shape.map(BigInt) }];
  const rawInputContents = [encodeRaw(tensor)];
  return Buffer.from(
    toBinary(ModelInferRequestSchema, create(ModelInferRequestSchema, { modelName, inputs, rawInputContents })),
  );
}

/** Closed loop on one connection. */
async function load({ grpc, pid, bytes }, inFlight, seconds) {
  const client = new Client(`127.0.0.1:${grpc}`, credentials.createInsecure());
  const latenciesMs = [];
  const cpuBeforeUs = cpuUsOf(pid);
  const startedMs = performance.now();
  const endMs = startedMs + seconds * 1_000;
  const caller = () =>
    new Promise((done, fail) => {
      const ask = () => {
        const sinceMs = performance.now();
        if (sinceMs > endMs) return done();
        client.makeUnaryRequest(METHOD, asItIs, asItIs, bytes, (error) => {
          if (error) return fail(error);
          latenciesMs.push(performance.now() - sinceMs);
          ask();
        });
      };
      ask();
    });
  await Promise.all(Array.from({ length: inFlight }, caller));
  const elapsedS = (performance.now() - startedMs) / 1_000;
  client.close();
  latenciesMs.sort((a, b) => a - b);
  const quantile = (share) => latenciesMs[Math.floor(share * (latenciesMs.length - 1))];
  const cpuUs = (cpuUsOf(pid) - cpuBeforeUs) / latenciesMs.length;
  return { rate: latenciesMs.length / elapsedS, p50: quantile(0.5), p99: quantile(0.99), cpuUs };
}

/** CPU time a process has used, in microseconds, to 10 ms; NaN where there is no /proc. */
function cpuUsOf(pid) {
  if (process.platform !== 'linux') return NaN;
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1].split(' ');
  return (Number(fields[11]) + Number(fields[12])) * 10_000; // user and system time, 100 ticks a second
}

function print(targets, seen, seconds, rounds) {
  const median = (numbers) => numbers.sort((a, b) => a - b)[Math.floor(numbers.length / 2)];
  console.log(`${cpus().length} cores (${cpus()[0].model}), Node ${process.version}, ${rounds} rounds of ${seconds} s`);
  for (const inFlight of [1, 64]) {
    let echo;
    for (const [index, { name }] of targets.entries()) {
      const of = (key) => median(seen[index][inFlight].map((result) => result[key]));
      const [rate, p50, p99, cpuUs] = [of('rate'), of('p50'), of('p99'), of('cpuUs')];
      echo ??= { rate, p50, cpuUs };
      console.log(
        `${String(inFlight).padStart(2)} in flight  ${name.padEnd(8)} ${rate.toFixed(0).padStart(6)} req/s ` +
          `(${(rate / echo.rate).toFixed(2)} of the echo)  p50 ${p50.toFixed(2)} ms (${(p50 / echo.p50).toFixed(2)} x)  p99 ${p99.toFixed(2)} ms  ` +
          `CPU ${cpuUs.toFixed(0)} us (${(cpuUs / echo.cpuUs).toFixed(2)} x)`,
      );
    }
  }
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
  while ((await fetch(`http://127.0.0.1:${port}/readyz`)).status !== 200)
    await new Promise((done) => setTimeout(done, 50));
}
