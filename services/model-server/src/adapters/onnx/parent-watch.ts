import { workerData } from 'node:worker_threads';

/**
 * The body of a thread that ends its process when the server is gone, however it went. The process's own thread would
 * see its socket close, but not while it is in native code, and a graph may never come back from there.
 */
const POLL_MS = 1_000;

setInterval(() => {
  if (process.ppid !== workerData) process.kill(process.pid, 'SIGKILL');
}, POLL_MS);
