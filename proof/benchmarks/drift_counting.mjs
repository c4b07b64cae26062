// What drift.mjs measures, in a process that holds what a monitor holds: decode, count, judge. Prints one JSON object a
// figure: milliseconds of CPU, which other work on the machine lengthens less than the time on the clock.
import { readFileSync } from 'node:fs';
import { fromBinary } from '@bufbuild/protobuf';
import { PredictionSchema } from '@vinaigrette/contracts/events';
import { featureDrifts, gridOf, PackedCounter, parseBaseline, slotsOf } from '@vinaigrette/drift';
import { unpackRow } from '@vinaigrette/signature';
import { PredictionDecoder } from '../../services/drift-monitor/dist/src/domain/decode-prediction.js';
import { judgeWindow } from '../../services/drift-monitor/dist/src/domain/judge-window.js';

const [baselineFile, schemaFile, lengthsFile, recordsFile, rowsText] = process.argv.slice(2);
const rows = Number(rowsText);
const grid = gridOf(parseBaseline(JSON.parse(readFileSync(baselineFile, 'utf8'))));
const schema = JSON.parse(readFileSync(schemaFile, 'utf8'));
const lengths = new Uint32Array(new Uint8Array(readFileSync(lengthsFile)).buffer);
const bytes = readFileSync(recordsFile);
// As a reader of the log hands them over.
let end = 0;
const bodies = Array.from(lengths, (length) => bytes.subarray(end, (end += length)));

const timed = (work) => {
  const start = process.cpuUsage();
  work();
  const { user, system } = process.cpuUsage(start);
  return (user + system) / 1_000;
};
const tell = (figure) => console.log(JSON.stringify(figure));
const pass = (count, one) => {
  for (let i = 0; i < count; i++) one(bodies[i % bodies.length]);
};
const peakMb = () => Math.round(process.resourceUsage().maxRSS / 2 ** 10);

const decoder = new PredictionDecoder();
const counter = new PackedCounter(grid, schema);
const counters = new Float64Array(grid.size);
const count = (body) => {
  const slots = counter.read(decoder.decode(body));
  for (let i = 0; i < slots.length; i++) counters[slots[i]] += 1;
};
pass(bodies.length, count);
const endToEnd = timed(() => {
  pass(rows, count);
  judgeWindow([{ segment: '', features: featureDrifts(grid, counters) }], rows);
});
tell({ what: 'decode, count and judge: end to end', count: rows, ms: endToEnd });
const peakOfOnceMb = peakMb();
pass(9 * rows, count);
const named = [rows, 10 * rows].map((some) => some.toLocaleString('en'));
tell({ what: `peak memory after ${named[0]} rows`, mb: peakOfOnceMb, limit: 'limit 150 MB' });
tell({ what: `peak memory after ${named[1]} rows`, mb: peakMb(), limit: 'limit 150 MB, and flat' });
tell({ what: 'decode, made by hand', count: rows, ms: timed(() => pass(rows, (body) => decoder.decode(body))) });

const CELLS = 1_200;
const evaluate = () => {
  const segments = Array.from({ length: CELLS / grid.cells.length }, (_, i) => ({
    segment: i === 0 ? '' : `segment=${i}`,
    features: featureDrifts(grid, counters),
  }));
  return judgeWindow(segments, rows);
};
for (let i = 0; i < 3; i++) evaluate();
const looks = Array.from({ length: 5 }, () => timed(evaluate)).sort((a, b) => a - b);
tell({ what: `${CELLS} cells evaluated and judged`, count: CELLS, ms: looks[2], limit: 'median of 5, limit 50 ms' });

const generated = Math.min(rows, 100_000);
tell({
  what: 'decode, generated decoder',
  count: generated,
  ms: timed(() => pass(generated, (body) => fromBinary(PredictionSchema, body))),
});
tell({
  what: 'decode and count, generated decoder and unpacked rows',
  count: generated,
  ms: timed(() => pass(generated, (body) => slotsOf(grid, unpackRow(schema, fromBinary(PredictionSchema, body))))),
});
