// How fast the drift monitor counts and judges: encoded records in, verdict out, beside peers on the same rows.
//   node proof/benchmarks/drift.mjs [--rows 1000000] [--peers PYTHON]    (after `npm run build`)
// PYTHON: an interpreter with evidently, nannyml, pandas and scipy; the peers get the rows as a data frame, decoded.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { create, fromBinary, toBinary } from '@bufbuild/protobuf';
import { PredictionSchema, PredictionStatus } from '@vinaigrette/contracts/events';
import { buildBaseline, featureDrifts, gridOf, PackedCounter, slotsOf } from '@vinaigrette/drift';
import { schemaIdOf, unpackRow } from '@vinaigrette/signature';
import { PredictionDecoder } from '../../services/drift-monitor/dist/src/domain/decode-prediction.js';
import { judgeWindow } from '../../services/drift-monitor/dist/src/domain/judge-window.js';

const { values } = parseArgs({ options: { rows: { type: 'string', default: '1000000' }, peers: { type: 'string' } } });
const rows = Number(values.rows);
const FEATURES = 10;
const BASELINE_ROWS = 100_000;
/** Encoded records that exist at once: the rest is the same ones again, as memory must not grow with the rows. */
const BLOCK = 50_000;

const names = Array.from({ length: FEATURES }, (_, i) => `x${i}`);
const schema = names.map((name) => ({ name, role: 'input', datatype: 'FP64', list: false }));
const schemaId = schemaIdOf(schema);
let seed = 20_261_121;
const random = () => {
  seed = (seed + 0x6d2b79f5) | 0;
  let t = Math.imul(seed ^ (seed >>> 15), 1 | seed);
  t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
  return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
};
const normal = () => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
const row = (shift) => names.map((_, i) => (i % 2 === 0 ? normal() + shift : Math.exp(normal() + shift)));

const training = Array.from({ length: BASELINE_ROWS }, () => row(0));
const definitions = names.map((name) => ({ name, kind: 'numeric', from: { kind: 'value', tensor: name } }));
const asRow = (numbers) => Object.fromEntries(names.map((name, i) => [name, [numbers[i]]]));
const grid = gridOf(buildBaseline(definitions, training.map(asRow)));
const window = Array.from({ length: BLOCK }, () => row(0.05));
const encoded = window.map((numbers, i) =>
  Buffer.from(
    toBinary(
      PredictionSchema,
      create(PredictionSchema, {
        predictionId: `0192d3a0-0000-7000-8000-${String(i).padStart(12, '0')}`,
        occurredAtMs: BigInt(Date.UTC(2026, 10, 21) + i),
        ...{
          useCase: 'quotes',
          useCaseVersion: 1,
          model: 'insurance',
          version: 3,
          variant: 'champion',
          unit: `c-${i}`,
        },
        ...{ status: PredictionStatus.ANSWERED, latencyUs: 900, schemaId, numbers },
      }),
    ),
  ),
);
const bytesEach = encoded.reduce((sum, body) => sum + body.length, 0) / BLOCK;
const rssMb = () => Math.round(process.memoryUsage().rss / 2 ** 20);
const told = [];
const tell = (what, count, ms, note = '') => {
  told.push({ what, rate: count / (ms / 1_000), note });
  console.log(
    `${what.padEnd(58)} ${Math.round(count / (ms / 1_000))
      .toLocaleString('en')
      .padStart(11)} /s  ${note}`,
  );
};
/** Milliseconds of CPU, which other work on the machine does not lengthen as it does the time on the clock. */
const timed = (work) => {
  const start = process.cpuUsage();
  work();
  const { user, system } = process.cpuUsage(start);
  return (user + system) / 1_000;
};

console.log(
  `${rows.toLocaleString('en')} predictions x ${FEATURES} features, ${bytesEach.toFixed(0)} bytes a record, `,
);
console.log(
  `a baseline of ${BASELINE_ROWS.toLocaleString('en')} rows; Node ${process.version}, one thread, by CPU time\n`,
);

const decoder = new PredictionDecoder();
const counter = new PackedCounter(grid, schema);
const pass = (count, one) => {
  for (let i = 0; i < count; i++) one(encoded[i % BLOCK]);
};
pass(BLOCK, (body) => counter.read(decoder.decode(body)));
pass(5_000, (body) => slotsOf(grid, unpackRow(schema, fromBinary(PredictionSchema, body))));

const generatedRows = Math.min(rows, 100_000);
tell(
  'decode, generated decoder',
  generatedRows,
  timed(() => pass(generatedRows, (body) => fromBinary(PredictionSchema, body))),
);
tell(
  'decode, made by hand',
  rows,
  timed(() => pass(rows, (body) => decoder.decode(body))),
);
tell(
  'decode and count, generated decoder and unpacked rows',
  generatedRows,
  timed(() => pass(generatedRows, (body) => slotsOf(grid, unpackRow(schema, fromBinary(PredictionSchema, body))))),
);

const counters = new Float64Array(grid.size);
const before = rssMb();
const ms = timed(() => {
  pass(rows, (body) => {
    for (const slot of counter.read(decoder.decode(body))) counters[slot] += 1;
  });
  judgeWindow([{ segment: '', features: featureDrifts(grid, counters) }], rows);
});
tell('decode, count and judge: end to end', rows, ms, `RSS ${before} -> ${rssMb()} MB`);
const ours = told.at(-1).rate;

const cells = 1_200;
const evaluations = Math.ceil(cells / FEATURES);
const evaluate = () => {
  const segments = Array.from({ length: evaluations }, (_, i) => ({
    segment: i === 0 ? '' : `segment=${i}`,
    features: featureDrifts(grid, counters),
  }));
  return judgeWindow(segments, rows);
};
evaluate();
const evaluationMs = timed(evaluate);
console.log(`\n${cells} cells evaluated and judged in ${evaluationMs.toFixed(1)} ms (limit 50 ms on a quiet machine)`);

if (values.peers) {
  const dir = mkdtempSync(join(tmpdir(), 'vinaigrette-bench-'));
  const file = (name, table) => {
    writeFileSync(join(dir, name), Buffer.from(Float64Array.from(table.flat()).buffer));
    return join(dir, name);
  };
  const script = new URL('drift_peers.py', import.meta.url).pathname;
  const files = [file('training.f64', training), file('window.f64', window)];
  const { stdout, stderr, status } = spawnSync(values.peers, [script, ...files, String(FEATURES), String(rows)], {
    encoding: 'utf8',
    maxBuffer: 2 ** 26,
  });
  if (status !== 0) console.log(stderr.slice(-2_000));
  console.log('\npeers, the same rows as a data frame, nothing to decode:');
  for (const line of stdout.split('\n').filter((text) => text.startsWith('{'))) {
    const { peer, seconds, rssMb, note = '' } = JSON.parse(line);
    const rate = rows / seconds;
    const figure = `${Math.round(rate).toLocaleString('en').padStart(11)} /s  RSS ${rssMb} MB`;
    console.log(`${peer.padEnd(58)} ${figure}  ours is ${(ours / rate).toFixed(1)}x  ${note}`);
  }
  rmSync(dir, { recursive: true });
}
