/**
 * Mining online-retail at support 0.005, beside Python's mlxtend: seconds and peak memory, as ratios.
 *
 *   npm run build && DATA_DIR=<data> node proof/benchmarks/mining.mjs [runs, an odd number: 3]
 *
 * Both sides get the same baskets (raw, whole file) as a basket-per-line file, in a process of their own, and have to
 * find the same number of itemsets. Seconds are of the processor, which other work on the machine hardly touches, and of
 * the clock, both of the mining alone; memory is the process's peak resident set. The median of the runs counts; the
 * sides take turns.
 */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const MIN_SUPPORT = 0.005;
const RUNS = Number(process.argv[2] ?? 3);
// From 0.23.2 on (null values) fpgrowth walks every basket once more for each itemset it answers, and needs many minutes
// here: the last version before is the fair peer.
const MLXTEND = ['mlxtend==0.23.1', 'pandas==2.2.3', 'numpy==1.26.4', 'scipy==1.13.1', 'scikit-learn==1.5.2'];
const here = import.meta.dirname;

if (process.argv[2] === '--ours') await mineOurs(process.argv[3]);
else await compare();

/** One run of ours, in a process of its own. */
async function mineOurs(path) {
  const { mineItemsets } = await import('@vinaigrette/basket');
  const baskets = readFileSync(path, 'utf8')
    .trimEnd()
    .split('\n')
    .map((line) => line.split(','));
  const [startedMs, before] = [performance.now(), process.cpuUsage()];
  const itemsets = mineItemsets(baskets, { minSupport: MIN_SUPPORT }).size;
  const clockSeconds = (performance.now() - startedMs) / 1_000;
  const { user, system } = process.cpuUsage(before);
  const peakMegabytes = process.resourceUsage().maxRSS / 1_024;
  console.log(JSON.stringify({ itemsets, cpuSeconds: (user + system) / 1_000_000, clockSeconds, peakMegabytes }));
}

async function compare() {
  if (!process.env.DATA_DIR) throw new Error('Set DATA_DIR to the folder that holds online-retail/');
  const { readBaskets } = await import('@vinaigrette/basket');
  const folder = join(tmpdir(), 'vinaigrette-mining');
  mkdirSync(folder, { recursive: true });
  const input = join(process.env.DATA_DIR, 'online-retail', 'online_retail_2010-12_2011-08.csv.gz');
  const { baskets } = await readBaskets({ input, format: 'online-retail', policy: 'raw' });
  const path = join(folder, 'baskets.txt');
  writeFileSync(path, baskets.map(({ skus }) => `${skus.join(',')}\n`).join(''));
  console.error(`- ${baskets.length} baskets of online-retail, support ${MIN_SUPPORT}`);

  const python = venvWithMlxtend(folder);
  const sides = {
    ours: () => run(process.execPath, [import.meta.filename, '--ours', path]),
    mlxtend: () => run(python, [join(here, 'mining_mlxtend.py'), path, String(MIN_SUPPORT)]),
  };
  const results = { ours: [], mlxtend: [] };
  for (let round = 1; round <= RUNS; round++) {
    for (const [side, mine] of Object.entries(sides)) results[side].push(mine());
    console.error(`- round ${round} of ${RUNS} done`);
  }
  const counts = new Set(Object.values(results).flatMap((runs) => runs.map(({ itemsets }) => itemsets)));
  if (counts.size > 1) throw new Error(`The sides disagree on the number of itemsets: ${[...counts]}`);

  const median = (side, field) => results[side].map((result) => result[field]).sort((a, b) => a - b)[(RUNS - 1) / 2];
  console.log(`online-retail, support ${MIN_SUPPORT}: ${[...counts]} itemsets on both sides`);
  for (const [field, unit] of [
    ['cpuSeconds', 's of the processor'],
    ['clockSeconds', 's of the clock'],
    ['peakMegabytes', 'MB peak'],
  ]) {
    const [ours, theirs] = [median('ours', field), median('mlxtend', field)];
    console.log(`${unit}: ours ${ours.toFixed(2)}, mlxtend ${theirs.toFixed(2)}, ratio ${(ours / theirs).toFixed(3)}`);
  }
}

function run(command, words) {
  return JSON.parse(execFileSync(command, words, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] }));
}

function venvWithMlxtend(folder) {
  const python = join(folder, 'venv', 'bin', 'python');
  if (!existsSync(python)) execFileSync('python3', ['-m', 'venv', join(folder, 'venv')], { stdio: 'inherit' });
  console.error('- installing mlxtend, when it is not there yet');
  execFileSync(python, ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', ...MLXTEND], {
    stdio: 'inherit',
  });
  return python;
}
