/**
 * Mining frequent itemsets beside Python's mlxtend and efficient-apriori: seconds and peak memory, as ratios.
 *
 *   npm run build && DATA_DIR=<data> node proof/benchmarks/models/mining.mjs
 *     [--peers mlxtend,efficient-apriori] [--data groceries,online-retail] [--runs 3]
 *   node proof/benchmarks/models/mining.mjs --data million    a made-up million of baskets, without peers
 *
 * All sides get the same baskets (raw, whole file) as a basket-per-line file, in a process of their own, and have to
 * find the same number of itemsets. Seconds are of the processor, which other work on the machine hardly touches, and of
 * the clock, both of the mining alone. Memory is the process's peak resident set: whole, above the bare runtime (Node
 * itself takes four times what Python takes), and above what the process held when the baskets were loaded. The median
 * of the runs counts; the sides take turns.
 */
import { execFileSync } from 'node:child_process';
import { createWriteStream, existsSync, mkdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { parseArgs } from 'node:util';
import { madeUp } from './made-up.mjs';

/** What is mined, and the least support: low enough that there is something to do. */
const tables = {
  groceries: { file: 'groceries/groceries.csv', format: 'basket-lines', minSupport: 0.001 },
  'online-retail': {
    file: 'online-retail/online_retail_2010-12_2011-08.csv.gz',
    format: 'online-retail',
    minSupport: 0.005,
  },
  million: { baskets: 1_000_000, minSupport: 0.001 },
};
// From 0.23.2 on (null values) fpgrowth walks every basket once more for each itemset it answers, and needs many minutes
// here: the last version before is the fair peer.
const PACKAGES = {
  mlxtend: ['mlxtend==0.23.1', 'pandas==2.2.3', 'numpy==1.26.4', 'scipy==1.13.1', 'scikit-learn==1.5.2'],
  'efficient-apriori': ['efficient-apriori==2.0.6'],
};
const MEASURES = [
  ['cpuSeconds', 's of the processor'],
  ['clockSeconds', 's of the clock'],
  ['peakMegabytes', 'MB peak'],
  ['aboveRuntimeMegabytes', 'MB peak above the bare runtime'],
  ['aboveLoadedMegabytes', 'MB peak above the loaded baskets'],
];
/** Mining makes arrays that stay, and little that goes: a large space for what is young is only held, not used. */
const NODE_FLAGS = ['--max-semi-space-size=1'];

const { values: asked } = parseArgs({
  options: {
    peers: { type: 'string', default: '' },
    data: { type: 'string', default: 'groceries,online-retail' },
    runs: { type: 'string', default: '3' },
    ours: { type: 'string' },
    support: { type: 'string' },
  },
});
if (asked.ours) await mineOurs(asked.ours, Number(asked.support));
else for (const name of asked.data.split(',')) await compare(name, asked.peers.split(',').filter(Boolean));

/** One run of ours, in a process of its own. */
async function mineOurs(path, minSupport) {
  // Not by their package: that would load what trains and judges too.
  const parts = '../../../models/basket/dist/src';
  const { mineItemsets } = await import(`${parts}/domain/mine-itemsets.js`);
  const { BasketGatherer } = await import(`${parts}/domain/gather-baskets.js`);
  const { readBasketLines } = await import(`${parts}/adapters/basket-lines.js`);
  const { Intake } = await import('@vinaigrette/tables');
  const gatherer = new BasketGatherer('raw');
  for await (const lines of readBasketLines({ input: path }, new Intake())) {
    for (const line of lines) gatherer.add(line);
  }
  const { baskets } = gatherer.finish();
  const loadedMegabytes = process.memoryUsage.rss() / 2 ** 20;
  const [startedMs, before] = [performance.now(), process.cpuUsage()];
  const itemsets = mineItemsets(baskets, { minSupport }).size;
  const clockSeconds = (performance.now() - startedMs) / 1_000;
  const { user, system } = process.cpuUsage(before);
  const peakMegabytes = process.resourceUsage().maxRSS / 1_024;
  const cpuSeconds = (user + system) / 1_000_000;
  console.log(JSON.stringify({ itemsets, cpuSeconds, clockSeconds, loadedMegabytes, peakMegabytes }));
}

async function compare(name, peers) {
  const { minSupport } = tables[name];
  const folder = join(tmpdir(), 'vinaigrette-mining');
  mkdirSync(folder, { recursive: true });
  const path = join(folder, `${name}.txt`);
  await pipeline(Readable.from(await linesOf(name)), createWriteStream(path));
  const support = ['--support', String(minSupport)];
  const python = peers.length > 0 ? environment(folder, peers) : undefined;
  const peer = join(import.meta.dirname, 'mining_peer.py');
  const ownBare = 'console.log(process.resourceUsage().maxRSS / 1_024)';
  const theirBare = 'import resource; print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)';
  const sides = {
    ours: () => run(process.execPath, [...NODE_FLAGS, import.meta.filename, '--ours', path, ...support]),
    ...Object.fromEntries(peers.map((each) => [each, () => run(python, [peer, each, path, String(minSupport)])])),
  };
  const bareOf = (side) =>
    side === 'ours' ? run(process.execPath, [...NODE_FLAGS, '-e', ownBare]) : run(python, ['-c', theirBare]);
  const results = Object.fromEntries(Object.keys(sides).map((side) => [side, []]));
  for (let round = 1; round <= Number(asked.runs); round++) {
    for (const [side, mine] of Object.entries(sides)) {
      const mined = mine();
      const { peakMegabytes, loadedMegabytes } = mined;
      const aboveRuntimeMegabytes = peakMegabytes - bareOf(side);
      results[side].push({ ...mined, aboveRuntimeMegabytes, aboveLoadedMegabytes: peakMegabytes - loadedMegabytes });
    }
    console.error(`- ${name}: round ${round} of ${asked.runs} done`);
  }
  const counts = new Set(Object.values(results).flatMap((runs) => runs.map(({ itemsets }) => itemsets)));
  if (counts.size > 1) throw new Error(`The sides disagree on the number of itemsets: ${[...counts]}`);

  console.log(`${name}, support ${minSupport}: ${[...counts]} itemsets on ${Object.keys(sides).length} sides`);
  for (const [field, unit] of MEASURES) {
    const ours = median(results.ours, field);
    const beside = peers.map((each) => {
      const theirs = median(results[each], field);
      return `${each} ${theirs.toFixed(2)} (ratio ${(ours / theirs).toFixed(3)})`;
    });
    console.log(`  ${unit}: ${[`ours ${ours.toFixed(2)}`, ...beside].join(', ')}`);
  }
}

async function linesOf(name) {
  const { file, format, baskets } = tables[name];
  if (baskets) return madeUp(baskets);
  if (!process.env.DATA_DIR) throw new Error('Set DATA_DIR to the folder that holds groceries/ and online-retail/');
  const { readBaskets } = await import('@vinaigrette/basket');
  const sales = await readBaskets({ input: join(process.env.DATA_DIR, file), format, policy: 'raw' });
  return sales.baskets.map(({ skus }) => `${skus.map((sku) => sku.replaceAll(',', ' ')).join(',')}\n`);
}

function median(runs, field) {
  const sorted = runs.map((result) => result[field]).sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)];
}

function run(command, words) {
  return JSON.parse(execFileSync(command, words, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] }));
}

function environment(folder, peers) {
  const python = join(folder, 'venv', 'bin', 'python');
  if (!existsSync(python)) execFileSync('python3', ['-m', 'venv', join(folder, 'venv')], { stdio: 'inherit' });
  console.error('- installing the peers, when they are not there yet');
  const packages = peers.flatMap((peer) => PACKAGES[peer]);
  const words = ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', ...packages];
  execFileSync(python, words, { stdio: 'inherit' });
  return python;
}
