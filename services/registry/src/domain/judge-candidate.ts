import type { SideCounts } from './count-rollout.js';

/** What is compared, and the least difference of the rates (0..1) that is worth an abort, however sure. */
const FAILURES = [
  { rate: 'errors', differenceMin: 0.005 },
  { rate: 'fallbacks', differenceMin: 0.01 },
  { rate: 'slow', differenceMin: 0.02 },
] as const;

export type Rate = (typeof FAILURES)[number]['rate'];

/** Chance, at most, that a candidate as good as its control is ever called bad at one step: over all rates and looks. */
export const FALSE_ALARM_MAX = 0.01;

/** Fewest requests of either side before anything is said. */
const REQUESTS_MIN = 20;

/** How many times as often the candidate fails, under the alternatives that share the evidence equally. */
const RISK_RATIOS = [1.25, 1.5, 2, 3, 5, 10, 100];

/** A rate at which the candidate fails more often than its control, and how sure that is. */
export interface Fault {
  rate: Rate;
  /** Share of the requests, 0..1. */
  candidate: number;
  control: number;
  /** Natural logarithm of the evidence against "no worse"; bad from ln(3 rates / FALSE_ALARM_MAX) = 5.7 on. */
  logEvidence: number;
}

/**
 * Whether the candidate plainly fails more often than its control; undefined: not so far. May be asked after every
 * request: being asked often makes a false alarm no likelier (Ville's inequality, 1939).
 *
 * A mixture sequential probability ratio test (Wald, Sequential Analysis, 1947; Robbins, Ann. Math. Stat. 41, 1970)
 * on whose failure each failure is. Of `n1` requests of the candidate and `n0` of the control, a failure is the
 * candidate's with probability q(r) = r n1 / (r n1 + n0), when the candidate fails r times as often (the conditional
 * test of two Poisson rates: Przyborowski & Wilenski, Biometrika 31, 1940; sequential: Kulldorff et al., Sequential
 * Analysis 30, 2011). With k of m failures the candidate's, the evidence is the mean over r of
 * (q(r)/q(1))^k ((1-q(r))/(1-q(1)))^(m-k). Where failures are frequent the true spread is smaller than assumed, which
 * makes the test slower, not rasher. It takes requests for independent: one customer's many failures count as many.
 */
export function judgeCandidate(candidate: SideCounts, control: SideCounts): Fault | undefined {
  if (candidate.requests < REQUESTS_MIN || control.requests < REQUESTS_MIN) return undefined;
  const logThreshold = Math.log(FAILURES.length / FALSE_ALARM_MAX);
  const faults = FAILURES.map(({ rate, differenceMin }) => {
    const fault = {
      rate,
      candidate: candidate[rate] / candidate.requests,
      control: control[rate] / control.requests,
      logEvidence: logEvidence(candidate[rate], candidate.requests, control[rate], control.requests),
    };
    return { fault, bad: fault.logEvidence >= logThreshold && fault.candidate - fault.control >= differenceMin };
  });
  return faults.find(({ bad }) => bad)?.fault;
}

/** The natural logarithm of the evidence that the first side fails more often: its mean over the alternatives. */
function logEvidence(failed1: number, requests1: number, failed0: number, requests0: number): number {
  const share = (ratio: number) => (ratio * requests1) / (ratio * requests1 + requests0);
  const expected = share(1);
  const logs = RISK_RATIOS.map((ratio) => {
    const q = share(ratio);
    return failed1 * Math.log(q / expected) + failed0 * Math.log((1 - q) / (1 - expected));
  });
  const largest = Math.max(...logs);
  const sum = logs.reduce((total, log) => total + Math.exp(log - largest), 0);
  return largest + Math.log(sum / RISK_RATIOS.length);
}
