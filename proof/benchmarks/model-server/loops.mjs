/** Load on one server in a closed loop, where a caller waits for its answer; `arrivals.mjs` has the open one. */
import { Calls } from './calls.mjs';
import { Posts } from './posts.mjs';
import { cpuUsOf } from './processes.mjs';

export const METHOD = '/inference.GRPCInferenceService/ModelInfer';
export const quantile = (sorted, share) => sorted[Math.floor(share * (sorted.length - 1))];
export const median = (numbers) => quantile([...numbers].sort((a, b) => a - b), 0.5); // prettier-ignore

/**
 * As many calls as are answered, so many in flight. A target with `post` is asked over HTTP, else over gRPC. What
 * `sent` says when a call leaves, `answered` hears with the answer.
 */
export async function closedLoop(target, inFlight, seconds, { until = () => false, sent, answered } = {}) {
  const calls = target.post ? new Posts(target.http, target.post) : new Calls(target.grpc, METHOD);
  const latenciesMs = [];
  let failed = 0;
  const cpuBeforeUs = cpuUsOf(target.pid);
  const startedMs = performance.now();
  const endMs = startedMs + seconds * 1_000;
  const caller = (done) => {
    const sinceMs = performance.now();
    if (sinceMs > endMs || until()) return done();
    const told = sent?.();
    calls.call(target.message, (ok, answer) => {
      if (ok) latenciesMs.push(performance.now() - sinceMs);
      else failed++;
      if (ok) answered?.(answer, told);
      caller(done);
    });
  };
  await Promise.all(Array.from({ length: inFlight }, () => new Promise(caller)));
  const elapsedS = (performance.now() - startedMs) / 1_000;
  calls.close();
  latenciesMs.sort((a, b) => a - b);
  const cpuUs = (cpuUsOf(target.pid) - cpuBeforeUs) / latenciesMs.length;
  return { rate: latenciesMs.length / elapsedS, p50: quantile(latenciesMs, 0.5), p99: quantile(latenciesMs, 0.99), cpuUs, failed }; // prettier-ignore
}
