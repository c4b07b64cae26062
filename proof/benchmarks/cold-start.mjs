/**
 * How long a newcomer waits: a fresh clone, `npm ci`, `npm start`, and the first recommendation that a model made, beside
 * the limit of 120 s; then a second start on the same data, beside its limit of 10 s.
 *
 *   node proof/benchmarks/cold-start.mjs
 *
 * Needs the default ports free. npm's own cache is used as it is.
 */
import { execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

const LIMITS_S = { cold: 120, second: 10 };
const root = fileURLToPath(new URL('../..', import.meta.url));
const dir = mkdtempSync(path.join(tmpdir(), 'vinaigrette-cold-start-'));
const clone = path.join(dir, 'vinaigrette');

async function firstRecommendation() {
  for (;;) {
    const answer = await fetch('http://127.0.0.1:8080/v1/recommendations', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ basket: ['milk'] }),
    })
      .then((response) => response.json())
      .catch(() => undefined);
    if (answer?.servedBy?.fallback === null) return answer.items[0].sku;
    await sleep(50);
  }
}

/** Seconds from `npm start` to the first recommendation; the house is stopped again. */
async function start() {
  const startedMs = Date.now();
  const house = spawn('npm', ['start'], { cwd: clone, stdio: 'ignore', detached: true });
  const ended = new Promise((resolve) => house.once('exit', resolve));
  try {
    const sku = await Promise.race([
      firstRecommendation(),
      ended.then((code) => Promise.reject(new Error(`npm start ended with ${code}: are the default ports free?`))),
    ]);
    const seconds = (Date.now() - startedMs) / 1_000;
    console.log(`  first recommendation for milk: ${sku}`);
    return seconds;
  } finally {
    process.kill(-house.pid, 'SIGINT');
    await ended;
  }
}

const tell = (what, seconds, limit) =>
  console.log(`${what}: ${seconds.toFixed(1)} s, ${(seconds / limit).toFixed(2)} of the limit of ${limit} s`);
try {
  execFileSync('git', ['clone', '-q', root, clone]);
  const startedMs = Date.now();
  execFileSync('npm', ['ci', '--loglevel=error'], { cwd: clone, stdio: 'ignore' });
  const install = (Date.now() - startedMs) / 1_000;
  console.log(`npm ci: ${install.toFixed(1)} s`);
  tell('npm ci and npm start', install + (await start()), LIMITS_S.cold);
  tell('second start', await start(), LIMITS_S.second);
} finally {
  rmSync(dir, { recursive: true, force: true });
}
