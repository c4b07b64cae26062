// Drifts that are known to be in public data, replayed as if they happened now: what fired, when, and why.
//   DATA_DIR=... node proof/drift/known-drifts.mjs [--peers PYTHON]    (after `npm run build`)
// PYTHON: an interpreter with proof/benchmarks/drift_peers.requirements.txt; then Evidently and NannyML stand beside us.
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { gunzipSync } from 'node:zlib';
import { buildBaseline, featureDrifts, gridOf, noCounters, slotsOf } from '@vinaigrette/drift';
import { judgeWindow } from '../../services/drift-monitor/dist/src/domain/judge-window.js';

const { values } = parseArgs({ options: { peers: { type: 'string' } } });
const dir = process.env.DATA_DIR;
if (!dir) throw new Error('Set DATA_DIR to the folder of the public data sets');
const text = (name) => {
  const bytes = readFileSync(join(dir, name));
  return (name.endsWith('.gz') ? gunzipSync(bytes) : bytes).toString();
};
function table(name) {
  const [header, ...lines] = text(name)
    .trim()
    .split(/\r?\n/)
    .map((line) => line.split(','));
  return lines.map((cells) => Object.fromEntries(header.map((column, i) => [column, cells[i]])));
}
const numeric = (name) => ({ name, kind: 'numeric', from: { kind: 'value', tensor: name } });
const categorical = (name) => ({ name, kind: 'categorical', from: { kind: 'value', tensor: name } });
const rowsOf = (definitions, rows) =>
  rows.map((row) =>
    Object.fromEntries(
      definitions.map(({ name, kind }) => {
        if (kind === 'items') return [name, row[name]];
        return [name, [kind === 'numeric' ? (row[name] === '' ? NaN : Number(row[name])) : row[name]]];
      }),
    ),
  );

/** Judges each window, a list of rows, against the training rows; one line a window. */
function study(title, definitions, training, windows) {
  const grid = gridOf(buildBaseline(definitions, rowsOf(definitions, training)));
  const fired = values.peers ? peersOn(definitions, training, windows) : undefined;
  console.log(`\n### ${title}\n`);
  console.log(`Training: ${training.length.toLocaleString('en')} rows, ${definitions.length} features.\n`);
  console.log(`| window | rows | verdict | why |${fired ? ' Evidently | NannyML |' : ''}`);
  console.log(`| --- | ---: | --- | --- |${fired ? ' --- | --- |' : ''}`);
  windows.forEach(([name, rows], index) => {
    const counters = noCounters(grid);
    for (const row of rowsOf(definitions, rows)) for (const slot of slotsOf(grid, row)) counters[slot] += 1;
    const { look } = judgeWindow([{ segment: '', features: featureDrifts(grid, counters) }], rows.length);
    const verdict = look.kind === 'drifted' ? `**${look.severity}**` : look.kind;
    const beside = fired ? ` ${fired[index].evidently} | ${fired[index].nannyml} |` : '';
    console.log(`| ${name} | ${rows.length} | ${verdict} | ${look.why.replaceAll('|', '\\|')} |${beside}`);
  });
}

/** What fires at the peers, a line a window: of the features that are one number or one text. */
function peersOn(definitions, training, windows) {
  const single = definitions.filter(({ kind }) => kind !== 'items');
  const known = new Set(training.flatMap(({ items = [] }) => items));
  const valueOf = ({ name, from }, row) => {
    if (from.kind === 'length') return row.items.length;
    if (from.kind === 'knownShare') return row.items.filter((item) => known.has(item)).length / row.items.length;
    return row[name];
  };
  const columns = (rows) =>
    Object.fromEntries(single.map((definition) => [definition.name, rows.map((row) => valueOf(definition, row))]));
  const named = (wanted) => single.filter(({ kind }) => kind === wanted).map(({ name }) => name);
  const input = JSON.stringify({
    numeric: named('numeric'),
    categorical: named('categorical'),
    training: columns(training),
    windows: windows.map(([, rows]) => columns(rows)),
  });
  const script = new URL('known_drifts_peers.py', import.meta.url).pathname;
  const { status, stdout, stderr } = spawnSync(values.peers, [script], { input, encoding: 'utf8', maxBuffer: 2 ** 26 });
  if (status !== 0) throw new Error(`The peers failed: ${stderr.slice(-2_000)}`);
  const words = (names) => (names.length === 0 ? '–' : `${names.length} of ${single.length}: ${names.join(', ')}`);
  return stdout
    .split('\n')
    .filter((line) => line.startsWith('{'))
    .map((line) => JSON.parse(line))
    .map(({ evidently, nannyml }) => ({ evidently: words(evidently), nannyml: words(nannyml) }));
}
const by = (rows, key) => {
  const groups = new Map();
  for (const row of rows) groups.set(key(row), [...(groups.get(key(row)) ?? []), row]);
  return groups;
};

const hours = table('bike-sharing/hour.csv.gz');
const bikes = ['cnt', 'registered', 'casual', 'temp', 'hum', 'windspeed'].map(numeric);
study(
  'Bike sharing: 2011 as training, the quarters of 2012',
  bikes,
  hours.filter(({ yr }) => yr === '0'),
  [
    ['even days of 2011 (control)', hours.filter(({ yr, dteday }) => yr === '0' && Number(dteday.slice(-2)) % 2 === 0)],
    ...[1, 2, 3, 4].map((quarter) => [
      `2012 Q${quarter}`,
      hours.filter(({ yr, mnth }) => yr === '1' && Math.ceil(Number(mnth) / 3) === quarter),
    ]),
    ['all of 2012', hours.filter(({ yr }) => yr === '1')],
  ],
);

const days = table('noaa-weather/weather.csv');
const weather = Array.from({ length: 8 }, (_, i) => numeric(`feat_${i + 1}`));
const tenth = Math.floor(days.length / 10);
study(
  'Weather at Offutt: the first three tenths of 50 years as training, each tenth after',
  weather,
  days.slice(0, 3 * tenth),
  [...Array.from({ length: 7 }, (_, i) => [`tenth ${i + 4}`, days.slice((i + 3) * tenth, (i + 4) * tenth)])],
);

const sessions = table('online-shoppers/online_shoppers_intention.csv.gz');
const shopping = [
  ...['ProductRelated', 'ProductRelated_Duration', 'BounceRates', 'ExitRates', 'PageValues', 'SpecialDay'].map(numeric),
  ...['VisitorType', 'Weekend', 'TrafficType', 'Revenue'].map(categorical),
];
const months = by(sessions, ({ Month }) => Month);
study('Online shoppers: March as training, the months after it', shopping, months.get('Mar'), [
  ...['May', 'June', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'].map((month) => [month, months.get(month)]),
]);

const baskets = new Map();
for (const line of text('online-retail/online_retail_2010-12_2011-08.csv.gz').split(/\r?\n/).slice(1)) {
  const [, invoice, code] = /^([^,]*),([^,]*),/.exec(line) ?? [];
  // Descriptions may hold commas: the other columns are read from the end.
  const [quantity, date, price] = line.split(',').slice(-5);
  if (!invoice || invoice.startsWith('C') || Number(quantity) <= 0) continue;
  const basket = baskets.get(invoice) ?? { month: date.slice(0, 7), items: [], value: 0 };
  basket.items.push(code);
  basket.value += Number(quantity) * Number(price);
  baskets.set(invoice, basket);
}
const retail = [
  { name: 'size', kind: 'numeric', from: { kind: 'length', tensor: 'items' } },
  { name: 'known', kind: 'numeric', from: { kind: 'knownShare', tensor: 'items' } },
  { name: 'items', kind: 'items', from: { kind: 'values', tensor: 'items' } },
];
const sold = by([...baskets.values()], ({ month }) => month);
study(
  'Online retail: December to February as training, the months after it',
  retail,
  ['2010-12', '2011-01', '2011-02'].flatMap((month) => sold.get(month)),
  ['2011-03', '2011-04', '2011-05', '2011-06', '2011-07', '2011-08'].map((month) => [month, sold.get(month)]),
);

let state = 20_261_121;
const random = () => {
  state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
  return state / 2 ** 32;
};
const customers = table('mall-customers/Mall_Customers.csv');
const people = ['Age', 'Annual Income (k$)', 'Spending Score (1-100)'].map(numeric);
/** Draws with replacement, the older the likelier: `pull` 0 draws all alike. */
function resampled(count, pull) {
  const weights = customers.map(({ Age }) => Math.exp((pull * (Number(Age) - 38.85)) / 13.97));
  const sum = weights.reduce((total, weight) => total + weight, 0);
  return Array.from({ length: count }, () => {
    let at = random() * sum;
    return customers[weights.findIndex((weight) => (at -= weight) <= 0)] ?? customers.at(-1);
  });
}
const meanAge = (rows) => rows.reduce((sum, { Age }) => sum + Number(Age), 0) / rows.length;
study('Mall customers, resampled so that their mean age shifts', people, resampled(5_000, 0), [
  ...[0, 0.1, 0.25, 0.5, 1].map((pull) => {
    const rows = resampled(1_000, pull);
    return [`mean age ${meanAge(rows).toFixed(1)}`, rows];
  }),
]);
