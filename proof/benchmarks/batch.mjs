/**
 * How many rows a second `vinaigrette batch score` answers with the insurance model: from a CSV file into a CSV file,
 * through a real registry and a real model server. In the same run, on the same rows: the model server alone, asked with
 * batches that were encoded before, and ONNX Runtime alone in this process.
 *
 *   npx tsc -b && DATABASE_URL=postgres://... node proof/benchmarks/batch.mjs [--rows 1000000] [--rounds 3]
 */
import { spawn } from 'node:child_process';
import { createWriteStream, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { finished } from 'node:stream/promises';
import { parseArgs } from 'node:util';
import { Client, credentials } from '@grpc/grpc-js';
import { grpcChannelOptions, grpcServiceDefinition } from '@vinaigrette/contracts/grpc';
import { GRPCInferenceService } from '@vinaigrette/contracts/inference';
import { encodeRequest } from '@vinaigrette/app-gateway/parts';
import { trainInsurance } from '@vinaigrette/insurance';
import * as ort from 'onnxruntime-node';
import { createDatabase } from '../dist/journey/database.js';
import { eventually, House } from '../dist/journey/house.js';

const { values } = parseArgs({
  options: { rows: { type: 'string', default: '1000000' }, rounds: { type: 'string', default: '3' } },
});
const [rows, rounds] = [Number(values.rows), Number(values.rounds)];
const ROWS_AT_A_TIME = 8_192;
const TARGET = 100_000;

const regions = ['northeast', 'northwest', 'southeast', 'southwest'];
/** Person number `n` of a made-up file; charges as the published regression has them, roughly. */
function person(n) {
  const mixed = Math.imul(n + 1, 2_654_435_761) >>> 8;
  const [age, bmi, children] = [18 + (mixed % 47), 18 + (mixed % 3_001) / 100, mixed % 6];
  const smoker = mixed % 11 < 2;
  const charges = 250 * age + 320 * bmi + 500 * children + (smoker ? 24_000 : 0);
  return {
    age,
    sex: mixed % 13 < 6 ? 'male' : 'female',
    bmi,
    children,
    smoker: smoker ? 'yes' : 'no',
    region: regions[(mixed % 17) & 3],
    charges,
  };
}
const head = 'age,sex,bmi,children,smoker,region,charges\n';
const line = (n) => `${Object.values(person(n)).join(',')}\n`;

async function writePeople(file, count) {
  const out = createWriteStream(file);
  out.write(head);
  for (let n = 0; n < count; n += 10_000) {
    const some = Array.from({ length: Math.min(10_000, count - n) }, (_, at) => line(n + at));
    if (!out.write(some.join(''))) await new Promise((resolve) => out.once('drain', resolve));
  }
  out.end();
  await finished(out);
}

/** Processor time of a process, user and system, in seconds. Linux; elsewhere NaN. */
function cpuS(pid) {
  try {
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1].split(' ');
    return (Number(fields[11]) + Number(fields[12])) / 100;
  } catch {
    return NaN;
  }
}

async function batchOnce(house, input, round) {
  const output = join(house.dir, `quotes-${round}.csv`);
  const words = ['batch', 'score', '--use-case', 'quote', '--input', input, '--output', output, '--outputs', 'charges'];
  const script = join(import.meta.dirname, '../../apps/cli/dist/src/main.js');
  const child = spawn(process.execPath, [script, ...words], { env: house.env });
  let text = '';
  let cpu = 0;
  const watch = setInterval(() => (cpu = cpuS(child.pid) || cpu), 50);
  child.stdout.on('data', (chunk) => (text += chunk));
  child.stderr.on('data', (chunk) => (text += chunk));
  const status = await new Promise((resolve) => child.once('close', resolve));
  clearInterval(watch);
  if (status !== 0) throw new Error(text);
  const printed = text.trim().split('\n').at(-1);
  return { perSecond: Number(/([\d,]+) rows\/s/.exec(printed)[1].replaceAll(',', '')), cpu, printed };
}

/** The tensors of a batch that every call repeats. */
function tensors() {
  const people = Array.from({ length: ROWS_AT_A_TIME }, (_, n) => person(n));
  const shape = [ROWS_AT_A_TIME, 1];
  const numbers = ['age', 'bmi', 'children'].map((name) => [
    name,
    { datatype: 'FP32', shape, data: Float32Array.from(people, (it) => it[name]) },
  ]);
  const texts = ['sex', 'smoker', 'region'].map((name) => [
    name,
    { datatype: 'BYTES', shape, data: people.map((it) => it[name]) },
  ]);
  return Object.fromEntries([...numbers, ...texts]);
}

async function serverOnce(address, inputs) {
  const client = new Client(address, credentials.createInsecure(), grpcChannelOptions);
  const { path } = grpcServiceDefinition(GRPCInferenceService)['ModelInfer'];
  const request = encodeRequest('insurance', '1', inputs);
  const asIs = (bytes) => bytes;
  const call = () =>
    new Promise((resolve, reject) =>
      client.makeUnaryRequest(path, asIs, asIs, request, {}, (error, answer) =>
        error ? reject(error) : resolve(answer),
      ),
    );
  await call();
  const [calls, startedMs] = [Math.ceil(rows / ROWS_AT_A_TIME), performance.now()];
  let left = calls;
  await Promise.all(
    Array.from({ length: 4 }, async () => {
      while (left-- > 0) await call();
    }),
  );
  client.close();
  return (calls * ROWS_AT_A_TIME * 1_000) / (performance.now() - startedMs);
}

async function runtimeOnce(session, inputs) {
  const feeds = Object.fromEntries(
    Object.entries(inputs).map(([name, { datatype, shape, data }]) => [
      name,
      new ort.Tensor(datatype === 'BYTES' ? 'string' : 'float32', data, shape),
    ]),
  );
  const [runs, startedMs] = [Math.ceil(rows / ROWS_AT_A_TIME), performance.now()];
  for (let run = 0; run < runs; run++) await session.run(feeds);
  return (runs * ROWS_AT_A_TIME * 1_000) / (performance.now() - startedMs);
}

const database = await createDatabase(process.env.DATABASE_URL);
const house = await House.open({ databaseUrl: database.url });
try {
  const [people, training, version] = ['people.csv', 'training.csv', 'insurance'].map((name) => join(house.dir, name));
  await writePeople(people, rows);
  await writePeople(training, 1_500);
  await trainInsurance({ input: training, outDir: version });
  const useCase = join(house.dir, 'quote.json');
  writeFileSync(useCase, JSON.stringify({ kind: 'prediction', model: 'insurance' }));
  const champion = ['--alias', 'champion', '--reason', 'measured'];
  await house.vinaigrette('models', 'push', version, '--name', 'insurance', ...champion);
  await house.vinaigrette('documents', 'put', 'use-case', 'quote', useCase, ...champion);
  const ready = `http://127.0.0.1:${house.ports.modelServerHttp}/v2/models/insurance/ready`;
  await eventually(
    'ready',
    () => fetch(ready),
    ({ status }) => status === 200,
  );

  const session = await ort.InferenceSession.create(join(version, 'model.onnx'), { intraOpNumThreads: 1 });
  const [inputs, address] = [tensors(), `127.0.0.1:${house.ports.modelServerGrpc}`];
  const results = { batch: [], server: [], runtime: [], cpu: [] };
  for (let round = 0; round < rounds; round++) {
    const { perSecond, cpu, printed } = await batchOnce(house, people, round);
    console.log(printed);
    results.batch.push(perSecond);
    results.cpu.push(cpu);
    results.server.push(await serverOnce(address, inputs));
    results.runtime.push(await runtimeOnce(session, inputs));
  }
  const median = (list) => list.toSorted((a, b) => a - b)[Math.floor(list.length / 2)];
  const told = (perSecond) => `${Math.round(perSecond).toLocaleString('en')} rows/s`;
  const [batch, server, runtime] = [results.batch, results.server, results.runtime].map(median);
  console.log(`${availableParallelism()} cores, ${process.version}, ${rows} rows, median of ${rounds} rounds`);
  console.log(`batch score           ${told(batch)} (target ${TARGET}: ${batch >= TARGET ? 'met' : 'missed'})`);
  console.log(
    `  its processor time  ${((median(results.cpu) / rows) * 1e6).toFixed(2)} us a row, the model server's apart`,
  );
  console.log(`model server alone    ${told(server)}: batch score reaches ${(batch / server).toFixed(2)} of it`);
  console.log(`ONNX Runtime alone    ${told(runtime)}: batch score reaches ${(batch / runtime).toFixed(2)} of it`);
} finally {
  await house.close();
  await database.drop();
}
