import { Worker } from 'node:worker_threads';
import { problemOf } from '@vinaigrette/problems';
import type { Limits } from './limits.js';
import { inspectFiles } from './inspect-files.js';
import type { Report } from './report.js';

/** The program of the child process: inspects one folder, reports by message, and ends. */
const [folder, limits, registryPid] = process.argv.slice(2) as [string, string, string];
new Worker(new URL('./watchdog.js', import.meta.url), {
  workerData: { ...(JSON.parse(limits) as Limits), registryPid: Number(registryPid) },
});
process.once('disconnect', () => process.exit(1)); // nobody is left to report to

process.send?.(await report(), () => process.exit(0));

async function report(): Promise<Report> {
  try {
    return { inspection: await inspectFiles(folder) };
  } catch (error) {
    const { code, message, field } = problemOf(error);
    if (code === 'INTERNAL') console.error(error);
    return { problem: { code, message, field } };
  }
}
