/** One logged answer, seen from a policy that did not give it. */
export interface LoggedReward {
  /** Whose answers depend on each other: the customer. */
  unit: string;
  reward: number;
  /** The share of units that get what was shown, 0..1: the logged propensity. */
  propensity: number;
  /** Whether the candidate would have shown the same. */
  same: boolean;
}

export interface Estimate {
  value: number;
  /** 95 %, by the normal approximation over units. */
  low: number;
  high: number;
}

/** What a candidate's mean reward would have been, or why that cannot be told. */
export interface OffPolicy {
  answers: number;
  /** Mean reward of what was shown. */
  logged: number;
  /** Inverse propensity scoring: unbiased where every answer of the candidate had a chance to be shown. */
  ips: number;
  /** Self-normalised: a little bias for far less variance. */
  snips: Estimate | undefined;
  /** Of the candidate over what was shown, by the self-normalised estimate. */
  lift: Estimate | undefined;
  /** Kish's effective sample size: so many answers of the candidate itself would tell as much. */
  effectiveSamples: number;
  /** 1 where the candidate's answers had a chance to be shown; the share that had, where it is less. */
  meanWeight: number;
  /** Why the estimates must not be believed; undefined: nothing speaks against them. */
  cannotTell: string | undefined;
}

/** Below this many effective answers nothing is told. */
export const EFFECTIVE_SAMPLES_MIN = 100;

/** Two-sided 95 % of the normal distribution. */
const Z = 1.96;

/**
 * A mean weight that far below 1, by that many standard errors, is no accident and no rounding: part of what the
 * candidate shows was never shown. One replay in two thousand is doubted wrongly.
 */
const UNSUPPORTED = { margin: 0.02, errors: 3.3 };

/**
 * Off-policy evaluation of a deterministic candidate from logged propensities: Horvitz & Thompson, JASA 1952 (IPS);
 * Swaminathan & Joachims, NeurIPS 2015 (self-normalised, and the mean weight as a check of support). Variances are of
 * linearised ratios, clustered by unit, since a customer's answers are drawn once.
 */
export function offPolicy(samples: readonly LoggedReward[], samplesMin = EFFECTIVE_SAMPLES_MIN): OffPolicy {
  const answers = samples.length;
  const weights = samples.map(({ same, propensity }) => (same ? 1 / propensity : 0));
  const total = sum(weights);
  const squares = sum(weights.map((weight) => weight ** 2));
  const rewards = samples.map(({ reward }) => reward);
  const weighted = sum(weights.map((weight, at) => weight * rewards[at]!));
  const [logged, meanWeight] = [mean(sum(rewards), answers), mean(total, answers)];
  const effectiveSamples = squares === 0 ? 0 : total ** 2 / squares;
  const value = total === 0 ? undefined : weighted / total;
  const units = samples.map(({ unit }) => unit);
  const influence =
    value === undefined ? [] : weights.map((weight, at) => (weight * (rewards[at]! - value)) / meanWeight);
  const snips = value === undefined ? undefined : estimate(value, influence, units);
  const lift =
    value === undefined
      ? undefined
      : estimate(
          value - logged,
          influence.map((own, at) => own - (rewards[at]! - logged)),
          units,
        );
  const weightError = deviation(
    weights.map((weight) => weight - meanWeight),
    units,
  );
  const cannotTell = doubt({ answers, effectiveSamples, samplesMin, meanWeight, weightError });
  return { answers, logged, ips: mean(weighted, answers), snips, lift, effectiveSamples, meanWeight, cannotTell };
}

function doubt(seen: {
  answers: number;
  effectiveSamples: number;
  samplesMin: number;
  meanWeight: number;
  weightError: number;
}): string | undefined {
  const { answers, effectiveSamples, samplesMin, meanWeight, weightError } = seen;
  if (answers === 0) return 'nothing was logged';
  if (effectiveSamples < samplesMin) {
    return `what the candidate shows was shown too seldom: ${effectiveSamples.toFixed(0)} effective answers, fewer than ${samplesMin}`;
  }
  if (meanWeight + UNSUPPORTED.errors * weightError < 1 - UNSUPPORTED.margin) {
    const share = Math.round((1 - meanWeight) * 100);
    return `in about ${share} % of the answers nobody could be shown what the candidate shows: only a trial can tell`;
  }
  return undefined;
}

/** `influence`: what each sample moves the value by, times the number of samples. */
function estimate(value: number, influence: readonly number[], units: readonly string[]): Estimate {
  const error = Z * deviation(influence, units);
  return { value, low: value - error, high: value + error };
}

/** Standard error of the mean of values around 0, samples of one unit taken together. */
function deviation(values: readonly number[], units: readonly string[]): number {
  if (values.length === 0) return 0;
  const byUnit = new Map<string, number>();
  for (const [at, value] of values.entries()) byUnit.set(units[at]!, (byUnit.get(units[at]!) ?? 0) + value);
  return Math.sqrt(sum([...byUnit.values()].map((value) => value ** 2))) / values.length;
}

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);
const mean = (total: number, count: number): number => (count === 0 ? 0 : total / count);
