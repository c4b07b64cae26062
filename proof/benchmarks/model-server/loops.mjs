/** Load on one server: closed loops, where a caller waits for its answer, and open ones, where none waits. */
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

/**
 * Calls at their own times, whether or not the ones before are answered; a latency counts from when it was due. `lateP99`:
 * how late the calls left, which is the generator's own part of it.
 */
export async function openLoop({ grpc, message }, rate, seconds) {
  const calls = new Calls(grpc, METHOD);
  const latenciesMs = [];
  const refusedMs = [];
  const lateMs = [];
  let [sent, open] = [0, 0];
  const startedMs = performance.now();
  await new Promise((done) => {
    const turn = () => {
      const dueMs = Math.min(performance.now() - startedMs, seconds * 1_000);
      for (; (sent / rate) * 1_000 < dueMs; sent++) {
        const sinceMs = startedMs + (sent / rate) * 1_000;
        open++;
        lateMs.push(performance.now() - sinceMs);
        calls.call(message, (ok) => {
          open--;
          (ok ? latenciesMs : refusedMs).push(performance.now() - sinceMs);
        });
      }
      if (dueMs < seconds * 1_000 || open > 0) setTimeout(turn, 1);
      else done();
    };
    turn();
  });
  const elapsedS = (performance.now() - startedMs) / 1_000;
  calls.close();
  for (const times of [latenciesMs, refusedMs, lateMs]) times.sort((a, b) => a - b);
  const p99Of = (times) => quantile(times, 0.99);
  return { rate: latenciesMs.length / elapsedS, refused: refusedMs.length, p99: p99Of(latenciesMs), refusedP99: p99Of(refusedMs), lateP99: p99Of(lateMs) }; // prettier-ignore
}
