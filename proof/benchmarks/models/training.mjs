/**
 * Training each model from nothing, in a process of its own: seconds of the processor and of the clock against the limit
 * of a minute, and peak memory.
 *
 *   npm run build && DATA_DIR=<data> node proof/benchmarks/models/training.mjs [--data million]
 */
import { execFileSync } from 'node:child_process';
import { createWriteStream, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { parseArgs } from 'node:util';
import { madeUp } from './made-up.mjs';

const LIMIT_SECONDS = 60;
const ROOT = join(import.meta.dirname, '..', '..', '..');
const trainings = [
  { model: 'basket', file: 'groceries/groceries.csv', words: ['--format', 'basket-lines', '--policy', 'raw'] },
  { model: 'basket', file: 'online-retail/online_retail_2010-12_2011-08.csv.gz', words: ['--window', '6M'] },
  {
    model: 'basket',
    file: 'million.txt',
    baskets: 1_000_000,
    words: ['--format', 'basket-lines', '--policy', 'raw', '--min-support', '0.001'],
  },
  { model: 'insurance', file: 'insurance/insurance.csv', words: [] },
  { model: 'segments', file: 'mall-customers/Mall_Customers.csv', words: ['--segmentation', 'demographic'] },
  {
    model: 'segments',
    file: 'online-retail/online_retail_2010-12_2011-08.csv.gz',
    words: ['--segmentation', 'rfm'],
  },
];

const { values: asked } = parseArgs({ options: { data: { type: 'string', default: '' } } });
if (!process.env.DATA_DIR) throw new Error('Set DATA_DIR to the folder that holds the data sets');
const folder = mkdtempSync(join(tmpdir(), 'vinaigrette-training-'));
for (const { model, file, baskets, words } of trainings) {
  if (!file.includes(asked.data)) continue;
  const input = join(baskets ? folder : process.env.DATA_DIR, file);
  if (baskets) await pipeline(Readable.from(madeUp(baskets)), createWriteStream(input));
  const program = join(ROOT, 'models', model, 'dist', 'src', 'main.js');
  const train = ['train', input, '--out-dir', join(folder, model), '--no-cache', ...words];
  const startedMs = performance.now();
  const report = `process.on('exit', () => { const u = process.resourceUsage();
    process.stderr.write('\\n' + JSON.stringify([u.userCPUTime + u.systemCPUTime, u.maxRSS])); })`;
  const wrapped = ['--import', `data:text/javascript,${encodeURIComponent(report)}`, program, ...train];
  const said = execFileSync('sh', ['-c', '"$0" "$@" 2>&1 >/dev/null', process.execPath, ...wrapped], {
    encoding: 'utf8',
  });
  const [cpuMicroseconds, peakKilobytes] = JSON.parse(said.slice(said.lastIndexOf('\n')));
  const [cpu, clock] = [cpuMicroseconds / 1e6, (performance.now() - startedMs) / 1e3];
  const share = `${(cpu / LIMIT_SECONDS).toFixed(2)} of the limit`;
  console.log(
    `${model} on ${file}: ${cpu.toFixed(1)} s of the processor (${share}), ${clock.toFixed(1)} s of the clock, ${Math.round(peakKilobytes / 1024)} MB peak`,
  );
}
rmSync(folder, { recursive: true });
