import { RolloutKind, type Rollout, type StartRolloutRequest } from '@vinaigrette/contracts/registry';
import { Problem } from '@vinaigrette/problems';
import { checkVersion } from './decide-alias.js';
import { checkActor, checkAliasName, checkName, checkReason, MODEL_KIND } from './names.js';

/** Hundredths of a percent in the whole. */
const WHOLE_BPS = 10_000;
const CANARY_STEPS_BPS = [100, 500, 2_500, 5_000, 10_000];
const STEPS_MAX = 100;
const SEGMENTS_MAX = 1_000;
const SEGMENT_LENGTH_MAX = 200;
/** A month: who waits longer at a step has forgotten it. */
const STEP_MS_MAX = 31 * 24 * 60 * 60 * 1_000;
/** Predictions of the candidate at each step when time alone would allow the next. */
const SAMPLES_MIN = 100;
/** Those that gateways draw per request. */
const SUBJECT_KINDS = [MODEL_KIND, 'rule-set', 'use-case'];

/** A rollout that is wished for, checked, with everything filled in that may be left out. */
export type RolloutWish = Pick<
  Rollout,
  'alias' | 'candidate' | 'kind' | 'variant' | 'stepsBps' | 'segmentBps' | 'stepMs' | 'samplesMin' | 'actor' | 'reason'
> & { subject: { kind: string; name: string } };

/** How the world stands, read under the lock that the rollout is written under. */
export interface RolloutFacts {
  /** The version that holds the alias; 0: nobody. */
  holder: number;
  /** The highest version the subject has; 0: there is no such subject. */
  highest: number;
  /** Other rollouts of the subject that run or pause. */
  active: readonly Pick<Rollout, 'id' | 'alias' | 'kind'>[];
}

/** Fills in what is left out. Throws BODY_INVALID naming the field. */
export function rolloutWish(request: StartRolloutRequest): RolloutWish {
  const { subject, candidate, kind, segmentBps, stepMs, samplesMin, actor, reason } = request;
  const alias = request.alias || 'champion';
  checkName(subject?.kind ?? '', 'subject.kind');
  checkName(subject?.name ?? '', 'subject.name');
  if (!SUBJECT_KINDS.includes(subject?.kind ?? '')) {
    refuse('subject.kind', `Only ${SUBJECT_KINDS.join(', ')} are tried beside another, not ${subject?.kind}`);
  }
  if (subject?.kind === 'use-case' && kind === RolloutKind.SHADOW) {
    refuse('kind', 'A use case has no shadow: try it on a share, or replay logged requests against it');
  }
  checkAliasName(alias, 'alias');
  checkActor(actor, 'actor');
  checkReason(reason, 'reason');
  if (candidate === 0) refuse('candidate', 'The candidate is missing: the number of a version');
  const variant = request.variant || variantOf(kind);
  checkName(variant, 'variant');
  if (['champion', 'holdout'].includes(variant)) refuse('variant', `"${variant}" is what others are called in the log`);
  checkSegments(segmentBps);
  if (stepMs < 0n || stepMs > STEP_MS_MAX) refuse('stepMs', `A step lasts 0 to ${STEP_MS_MAX} ms, not ${stepMs}`);
  return {
    subject: { kind: subject?.kind ?? '', name: subject?.name ?? '' },
    alias,
    candidate,
    kind,
    variant,
    stepsBps: stepsOf(request),
    segmentBps,
    stepMs,
    samplesMin: samplesMin === 0 && stepMs > 0n ? SAMPLES_MIN : samplesMin,
    actor,
    reason,
  };
}

/** Throws MODEL_NOT_FOUND, VERSION_NOT_FOUND, DOCUMENT_NOT_FOUND, ROLLOUT_ACTIVE or BODY_INVALID when it cannot begin. */
export function decideRollout(wish: RolloutWish, facts: RolloutFacts): { control: number } {
  const { subject, alias, candidate, kind } = wish;
  checkVersion(subject, candidate, facts.highest, 'candidate');
  const here = `${alias} of ${subject.kind} ${subject.name}`;
  if (facts.holder === 0) refuse('alias', `Nobody holds ${here}: there is nothing to try the candidate beside`);
  if (facts.holder === candidate) refuse('candidate', `Version ${candidate} holds ${here} already`);
  const other = facts.active.find((one) => one.alias === alias && !bothShadows(kind, one.kind));
  if (other) {
    throw new Problem('ROLLOUT_ACTIVE', `Rollout ${other.id} is trying another version for ${here}`, {
      field: 'subject',
    });
  }
  return { control: facts.holder };
}

const bothShadows = (one: RolloutKind, other: RolloutKind) =>
  one === RolloutKind.SHADOW && other === RolloutKind.SHADOW;

function variantOf(kind: RolloutKind): string {
  switch (kind) {
    case RolloutKind.CANARY:
      return 'canary';
    case RolloutKind.SHADOW:
      return 'shadow';
    case RolloutKind.EXPERIMENT:
      return refuse('variant', 'An experiment names its arm');
    default:
      return refuse('kind', 'The kind is missing: canary, experiment or shadow');
  }
}

function stepsOf({ kind, stepsBps }: StartRolloutRequest): number[] {
  if (kind === RolloutKind.CANARY) {
    const steps = stepsBps.length === 0 ? CANARY_STEPS_BPS : stepsBps;
    if (steps.length > STEPS_MAX) refuse('stepsBps', `A canary has at most ${STEPS_MAX} steps, not ${steps.length}`);
    steps.forEach((share, index) => {
      checkShare(share, `stepsBps[${index}]`);
      if (share <= (steps[index - 1] ?? 0)) refuse(`stepsBps[${index}]`, 'Each step is larger than the one before');
    });
    return steps;
  }
  if (stepsBps.length !== 1) refuse('stepsBps', `An experiment or a shadow has one share, not ${stepsBps.length}`);
  checkShare(stepsBps[0] as number, 'stepsBps[0]');
  return stepsBps;
}

function checkSegments(segmentBps: Record<string, number>): void {
  const segments = Object.entries(segmentBps);
  if (segments.length > SEGMENTS_MAX)
    refuse('segmentBps', `At most ${SEGMENTS_MAX} segments have a share of their own`);
  for (const [segment, share] of segments) {
    if (!/^[^=]+=/.test(segment) || segment.length > SEGMENT_LENGTH_MAX) {
      refuse('segmentBps', `A segment is written "dimension=value", not ${JSON.stringify(segment.slice(0, 80))}`);
    }
    if (share > WHOLE_BPS) refuse('segmentBps', `The share of ${segment} is ${share}; ${WHOLE_BPS} is everybody`);
  }
}

function checkShare(share: number, field: string): void {
  if (share < 1 || share > WHOLE_BPS) {
    refuse(field, `A share is 1 to ${WHOLE_BPS} hundredths of a percent, not ${share}`);
  }
}

function refuse(field: string, message: string): never {
  throw new Problem('BODY_INVALID', message, { field });
}
