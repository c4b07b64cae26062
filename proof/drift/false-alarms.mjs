// How often on-call is paged for nothing, and how soon for something, at the default policy: weeks of predictions are
// made from a seed, counted in panes as the monitor counts them, and judged every five minutes.
//   node proof/drift/false-alarms.mjs [--weeks 4] [--rows-per-pane 20]    (after `npm run build`)
import { parseArgs } from 'node:util';
import { buildBaseline, encodeCounters, gridOf, noCounters, slotsOf } from '@vinaigrette/drift';
import { defaultPolicy } from '../../services/drift-monitor/dist/src/domain/judge-window.js';
import { PANE_MS, windows } from '../../services/drift-monitor/dist/src/domain/pane.js';
import { rejudge } from '../../services/drift-monitor/dist/src/domain/rejudge.js';

const { values } = parseArgs({
  options: { weeks: { type: 'string', default: '4' }, 'rows-per-pane': { type: 'string', default: '20' } },
});
const [weeks, rowsPerPane] = [Number(values.weeks), Number(values['rows-per-pane'])];
const WEEK_PANES = (windows['24h'] * 7) / PANE_MS;
const SEGMENTS = ['country=de', 'country=fr', 'device=app'];

function chance(seed) {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}
const normal = (random) => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
const numeric = (name) => ({ name, kind: 'numeric', from: { kind: 'value', tensor: name } });
const definitions = [
  ...['normal', 'skewed', 'spiky', 'rounded', 'sparse'].map(numeric),
  { name: 'kind', kind: 'categorical', from: { kind: 'value', tensor: 'kind' } },
];
/** `shift` moves the normal feature by so many standard deviations: 0.25 is a KS distance of 0.1. */
const row = (random, shift = 0) => ({
  normal: [normal(random) + shift],
  skewed: [Math.exp(normal(random))],
  spiky: [random() < 0.7 ? -1 : normal(random)],
  rounded: [Math.round(3 * normal(random))],
  sparse: [random() < 0.2 ? NaN : random()],
  kind: [['a', 'a', 'a', 'b', 'b', 'c', 'd'][Math.floor(random() * 7)]],
});
const segmentsOf = (random) => [random() < 0.5 ? SEGMENTS[0] : SEGMENTS[1], ...(random() < 0.3 ? [SEGMENTS[2]] : [])];

const train = chance(1);
const training = Array.from({ length: 20_000 }, () => row(train));
const baseline = buildBaseline(definitions, training, undefined, { segments: training.map(() => segmentsOf(train)) });
const known = { grid: gridOf(baseline) };

/** The panes of a stream; from `shiftedFromMs` on it is shifted. */
function* panes(seed, count, rowsEach, shiftedFromMs = Infinity, shift = 0) {
  const random = chance(seed);
  for (let pane = 0; pane < count; pane++) {
    const counted = new Map();
    for (let i = 0; i < rowsEach; i++) {
      const slots = slotsOf(known.grid, row(random, pane * PANE_MS >= shiftedFromMs ? shift : 0));
      for (const segment of ['', ...segmentsOf(random)]) {
        const cell = counted.get(segment) ?? { counters: noCounters(known.grid), answered: 0 };
        for (const slot of slots) cell.counters[slot] += 1;
        cell.answered += 1;
        counted.set(segment, cell);
      }
    }
    for (const [segment, { counters, answered }] of counted) {
      const statuses = { answered, fallback: 0, timeout: 0, error: 0, shadow: 0 };
      yield { paneMs: pane * PANE_MS, variant: 'champion', segment, statuses, encoded: encodeCounters(counters) };
    }
  }
}

console.log(
  `${definitions.length} features x ${1 + SEGMENTS.length} segments x 2 windows, a look every 5 minutes, default policy`,
);
let pages = 0;
for (let week = 1; week <= weeks; week++) {
  const { pages: sent } = rejudge(
    known,
    [...panes(100 + week, WEEK_PANES, rowsPerPane)],
    { fromMs: 0, toMs: WEEK_PANES * PANE_MS },
    defaultPolicy,
  );
  pages += sent.length;
  console.log(`  week ${week}: ${sent.length} pages${sent.map(({ why }) => ` (${why.slice(0, 100)})`).join('')}`);
}
console.log(
  `no drift, ${rowsPerPane * 12} predictions an hour: ${(pages / weeks).toFixed(2)} false pages a week (limit 1)\n`,
);

let late = 0;
for (const rowsEach of [30, 100, 300]) {
  const shiftedFromMs = windows['24h'];
  const toMs = shiftedFromMs + windows['1h'] * 6;
  const { pages: sent } = rejudge(
    known,
    [...panes(7, toMs / PANE_MS, rowsEach, shiftedFromMs, 0.2533)],
    { fromMs: 0, toMs },
    defaultPolicy,
  );
  const first = sent.find(({ fromMs }) => fromMs > shiftedFromMs);
  const minutes = first ? (first.fromMs - shiftedFromMs) / 60_000 : Infinity;
  if (minutes > 120) late += 1;
  const what = `a shift of 0.1 KS, ${rowsEach * 12} predictions an hour`;
  console.log(
    `${what}: fires ${first ? `after ${minutes} minutes, ${first.severity}: ${first.why.slice(0, 70)}` : 'never'} (limit 120)`,
  );
}
if (pages / weeks > 1 || late > 0) process.exitCode = 1;
