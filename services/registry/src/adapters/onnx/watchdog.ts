import { writeSync } from 'node:fs';
import { workerData } from 'node:worker_threads';
import { OVER_MEMORY, OVER_TIME, type Limits } from './limits.js';

/**
 * Runs on a thread of its own beside an inspection, whose main thread is deaf while native code computes. Kills the
 * process when it grows too big or lasts too long, and when the registry that began it is gone.
 */
const { timeoutMs, memoryBytesMax } = workerData as Limits;
const registry = process.ppid;
const LOOK_EVERY_MS = 20;
const STANDARD_ERROR = 2;

const kill = (why: string): void => {
  writeSync(STANDARD_ERROR, `${why}\n`);
  process.kill(process.pid, 'SIGKILL');
};
setTimeout(() => kill(OVER_TIME), timeoutMs);
setInterval(() => {
  if (process.memoryUsage.rss() > memoryBytesMax) kill(OVER_MEMORY);
  if (process.ppid !== registry) kill('inspection-orphaned');
}, LOOK_EVERY_MS);
