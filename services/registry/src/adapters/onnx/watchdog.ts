import { writeSync } from 'node:fs';
import { workerData } from 'node:worker_threads';
import { OVER_MEMORY, OVER_TIME, type Limits } from './limits.js';

/**
 * Runs on a thread of its own beside an inspection, whose main thread is deaf while native code computes. Kills the
 * process when it grows too big or lasts too long, and when the registry that began it is gone.
 */
const { timeoutMs, memoryBytesMax, registryPid } = workerData as Limits & { registryPid: number };
const LOOK_EVERY_MS = 20;
const STANDARD_ERROR = 2;

const kill = (why: string): void => {
  try {
    writeSync(STANDARD_ERROR, `${why}\n`);
  } finally {
    process.kill(process.pid, 'SIGKILL'); // also when nobody reads the standard error any more
  }
};
setTimeout(() => kill(OVER_TIME), timeoutMs);
setInterval(() => {
  if (process.memoryUsage.rss() > memoryBytesMax) kill(OVER_MEMORY);
  if (process.ppid !== registryPid) kill('inspection-orphaned');
}, LOOK_EVERY_MS);
