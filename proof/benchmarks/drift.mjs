// How fast the drift monitor counts and judges: encoded records in, verdict out, beside peers on the same rows.
//   node proof/benchmarks/drift.mjs [--rows 1000000] [--peers PYTHON]    (after `npm run build`)
// PYTHON: an interpreter with drift_peers.requirements.txt; the peers get the rows as a data frame, decoded:
//   python3 -m venv DIR && DIR/bin/python -m pip install --no-deps -r proof/benchmarks/drift_peers.requirements.txt
// Counting and judging run in a process of their own, which holds what a monitor holds and nothing else.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { baselineOf, encoded as encodedOf, FEATURES, rowsOf, schema } from './drift_rows.mjs';

const { values } = parseArgs({ options: { rows: { type: 'string', default: '1000000' }, peers: { type: 'string' } } });
const rows = Number(values.rows);
const BASELINE_ROWS = 100_000;
/** Encoded records that are made: the rest is the same ones again. */
const BLOCK = 50_000;

const training = rowsOf(BASELINE_ROWS, 0);
const baseline = baselineOf(training);
const window = rowsOf(BLOCK, 0.05);
const encoded = window.map((numbers, i) => encodedOf(numbers, i, Date.UTC(2026, 10, 21) + i));
const bytesEach = encoded.reduce((sum, body) => sum + body.length, 0) / BLOCK;

const dir = mkdtempSync(join(tmpdir(), 'vinaigrette-bench-'));
const file = (name, content) => {
  writeFileSync(join(dir, name), content);
  return join(dir, name);
};
const doubles = (table) => Buffer.from(Float64Array.from(table.flat()).buffer);
const lengths = Buffer.from(Uint32Array.from(encoded, (body) => body.length).buffer);
const inputs = [
  file('baseline.json', JSON.stringify(baseline)),
  file('schema.json', JSON.stringify(schema)),
  file('lengths.u32', lengths),
  file('records.bin', Buffer.concat(encoded)),
];

console.log(
  `${rows.toLocaleString('en')} predictions x ${FEATURES} features, ${bytesEach.toFixed(0)} bytes a record, `,
);
console.log(
  `a baseline of ${BASELINE_ROWS.toLocaleString('en')} rows; Node ${process.version}, one thread, by CPU time\n`,
);
const run = (program, args) => {
  const { stdout, stderr, status } = spawnSync(program, args, { encoding: 'utf8', maxBuffer: 2 ** 26 });
  if (status !== 0) console.log(stderr.slice(-2_000));
  return stdout.split('\n').filter((text) => text.startsWith('{'));
};
const here = (name) => new URL(name, import.meta.url).pathname;

let ours = NaN;
for (const line of run(process.execPath, [here('drift_counting.mjs'), ...inputs, String(rows)])) {
  const { what, count, ms, mb, limit = '' } = JSON.parse(line);
  const rate = (count / ms) * 1_000;
  const time = limit ? `${ms?.toFixed(1)} ms` : `${Math.round(rate).toLocaleString('en')} /s`;
  console.log(`${what.padEnd(58)} ${(mb ? `${mb} MB` : time).padStart(14)}  ${limit}`);
  if (what.endsWith('end to end')) ours = rate;
}

const limits = {
  'Evidently, DataDriftPreset': ', limit 20x',
  'NannyML, univariate drift as it comes': ', limit 1x',
  'NannyML, KS and Jensen-Shannon': ', limit 1x',
};
if (values.peers) {
  const files = [file('training.f64', doubles(training)), file('window.f64', doubles(window))];
  console.log('\npeers, the same rows as a data frame, nothing to decode:');
  for (const line of run(values.peers, [here('drift_peers.py'), ...files, String(FEATURES), String(rows)])) {
    const { peer, seconds, rssMb } = JSON.parse(line);
    const rate = rows / seconds;
    const figure = `${Math.round(rate).toLocaleString('en').padStart(11)} /s  RSS ${rssMb} MB`;
    console.log(`${peer.padEnd(58)} ${figure}  ours is ${(ours / rate).toFixed(1)}x${limits[peer] ?? ''}`);
  }
}
rmSync(dir, { recursive: true });
