import { murmur3 } from './murmur3.js';

/** Into so many buckets a hash falls: shares are told in basis points, hundredths of a percent. */
export const BUCKETS = 10_000;

/** Decides, with a unit, a bucket 0 .. 9,999. Other purposes of the same salt fall independently. */
export function bucketOf(salt: string, purpose: 'eligible' | 'arm' | 'holdout' | 'shadow', unit: string): number {
  return Math.floor((murmur3(`${salt}/${purpose}/${unit}`) / 2 ** 32) * BUCKETS);
}

/** A candidate tried beside what is in force, as far as drawing goes. */
export interface Trial<T = unknown> {
  /** Of the rollout in the registry. */
  id: string;
  kind: 'canary' | 'experiment' | 'shadow';
  /** How answers and the log call the candidate. */
  variant: string;
  /** Share of the units that get it, in basis points. */
  shareBps: number;
  /** Share where a segment, as "dimension=value", has another one. */
  segmentBps: ReadonlyMap<string, number>;
  salt: string;
  /** The rollout's step; counts belong to it. */
  step: number;
  candidate: T;
}

/** Where a unit falls. `outside`: it gets what is in force, and its side of the trial is not counted. */
export type Side = 'candidate' | 'control' | 'outside';

/** What decided a side: enough to explain it. */
export interface Draw {
  side: Side;
  shareBps: number;
  /** The segment whose share this is; undefined: the trial's own share. */
  segment: string | undefined;
  eligibleBucket: number;
  armBucket: number;
}

/**
 * Where a unit falls in a trial. As long as there is room, twice the share is eligible, and another hash halves it into
 * candidate and control, so that the two are of one size and compared over the same time. Both bounds only grow with the
 * share: who is in at 5 % is in at 25 %.
 */
export function drawSide(trial: Trial, unit: string, segments: readonly string[]): Draw {
  const { shareBps, segment } = shareOf(trial, segments);
  const eligibleBps = Math.min(2 * shareBps, BUCKETS);
  const armBps = Math.max(BUCKETS / 2, shareBps);
  const eligibleBucket = bucketOf(trial.salt, 'eligible', unit);
  const armBucket = bucketOf(trial.salt, 'arm', unit);
  const side = eligibleBucket >= eligibleBps ? 'outside' : armBucket < armBps ? 'candidate' : 'control';
  return { side, shareBps, segment, eligibleBucket, armBucket };
}

/** The share of the units that gets what this side gets, 0..1: the log's propensity. */
export function propensityOf({ side, shareBps }: Draw): number {
  return (side === 'candidate' ? shareBps : BUCKETS - shareBps) / BUCKETS;
}

/** Whether a request is copied to a shadow; `sample`, 0..1, is the use case's own share on top. Not sticky. */
export function drawsShadow(trial: Trial, predictionId: string, segments: readonly string[], sample: number): boolean {
  return bucketOf(trial.salt, 'shadow', predictionId) < shareOf(trial, segments).shareBps * sample;
}

/** The first of the request's segments that has a share of its own decides. */
function shareOf(
  { shareBps, segmentBps }: Trial,
  segments: readonly string[],
): { shareBps: number; segment: string | undefined } {
  for (const segment of segmentBps.size > 0 ? segments : []) {
    const own = segmentBps.get(segment);
    if (own !== undefined) return { shareBps: own, segment };
  }
  return { shareBps, segment: undefined };
}
