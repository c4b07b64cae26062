import {
  RolloutKind,
  RolloutMove,
  RolloutState,
  Verdict,
  type Rollout,
  type RolloutChange,
} from '@vinaigrette/contracts/registry';
import { Problem } from '@vinaigrette/problems';
import type { StepCounts } from './count-rollout.js';
import { judgeCandidate } from './judge-candidate.js';

/** Who the registry is in the history, when nobody moved by hand. */
export const REGISTRY_ACTOR = 'registry';

/** What decides a rollout's next position; its definition never changes. */
export type RolloutAtStep = Pick<Rollout, 'id' | 'kind' | 'candidate' | 'stepsBps' | 'step' | 'state' | 'changes'> &
  Pick<Rollout, 'stepMs' | 'stepSinceMs' | 'samplesMin'>;

/** A line of a rollout's history, and the position it leads to. In COMPLETED the candidate takes the alias. */
export type RolloutDecision = Pick<RolloutChange, 'state' | 'step' | 'actor' | 'reason' | 'evidenceJson' | 'verdict'>;

export const isActive = ({ state }: { state: RolloutState }): boolean =>
  state === RolloutState.RUNNING || state === RolloutState.PAUSED;

/** By hand. undefined: it stands there already. Throws ROLLOUT_ENDED, ROLLOUT_PAUSED or BODY_INVALID. */
export function decideMove(
  rollout: RolloutAtStep,
  move: RolloutMove,
  by: { actor: string; reason: string },
): RolloutDecision | undefined {
  const state = stateAfter(rollout, move);
  if (rollout.kind === RolloutKind.SHADOW && state === RolloutState.COMPLETED) {
    throw new Problem('BODY_INVALID', 'A shadow was never shown, so it takes no alias: abort it, start a canary', {
      field: 'move',
    });
  }
  if (state === rollout.state && move !== RolloutMove.ADVANCE) return undefined;
  if (!isActive(rollout)) {
    throw new Problem(
      'ROLLOUT_ENDED',
      `Rollout ${rollout.id} is ${RolloutState[rollout.state].toLowerCase()} and takes no further move`,
      { field: 'move' },
    );
  }
  if (move === RolloutMove.ADVANCE && rollout.state === RolloutState.PAUSED) {
    throw new Problem('ROLLOUT_PAUSED', `Rollout ${rollout.id} is paused and takes no step`, { field: 'move' });
  }
  const advanced = move === RolloutMove.ADVANCE && state === RolloutState.RUNNING;
  return { ...silent, state, step: rollout.step + (advanced ? 1 : 0), ...by };
}

/**
 * What a report leads to: a bad one ends the rollout, an odd one pauses it, a good one is kept. undefined: the same
 * source said the same at this step already, or the rollout has ended.
 */
export function heedVerdict(
  rollout: RolloutAtStep,
  report: { verdict: Verdict; source: string; why: string; evidenceJson: string },
): RolloutDecision | undefined {
  const { verdict, source, why, evidenceJson } = report;
  if (!isActive(rollout)) return undefined;
  const last = rollout.changes.findLast(
    (change) => change.verdict !== Verdict.UNSPECIFIED && change.actor === source && change.step === rollout.step,
  );
  // A pause that was lifted by hand comes again only with another verdict in between.
  if (last?.verdict === verdict) return undefined;
  const state =
    verdict === Verdict.BAD ? RolloutState.ABORTED : verdict === Verdict.HOLD ? RolloutState.PAUSED : rollout.state;
  return { state, step: rollout.step, actor: source, reason: why, evidenceJson, verdict };
}

/**
 * The step of a canary that time and samples allow for; undefined: not yet. Nothing speaks against it, or the rollout
 * would not be running. `nowMs` and the time of the last step are of one clock.
 */
export function decideStep(
  rollout: RolloutAtStep,
  now: { nowMs: number; samples: number },
): RolloutDecision | undefined {
  if (rollout.state !== RolloutState.RUNNING || rollout.kind !== RolloutKind.CANARY || rollout.stepMs === 0n) {
    return undefined;
  }
  const waitedMs = now.nowMs - Number(rollout.stepSinceMs);
  if (waitedMs < rollout.stepMs || now.samples < rollout.samplesMin) return undefined;
  const why = `${now.samples} predictions in ${Math.round(waitedMs / 1_000)} s, and no verdict against it`;
  return decideMove(rollout, RolloutMove.ADVANCE, { actor: REGISTRY_ACTOR, reason: why });
}

/**
 * What the counts of all gateways lead to: a candidate that plainly fails more often than its control is bad. At a step
 * that leaves the control nothing, the last step that left it something is compared with. undefined: nothing.
 */
export function decideByCounts(rollout: RolloutAtStep, counts: readonly StepCounts[]): RolloutDecision | undefined {
  const candidate = counts.find(({ step }) => step === rollout.step)?.candidate;
  const compared = counts.findLast(({ step, control }) => step <= rollout.step && control.requests > 0);
  const fault = candidate && compared && judgeCandidate(candidate, compared.control);
  if (!fault) return undefined;
  const share = (value: number) => `${(value * 100).toFixed(1)} %`;
  return heedVerdict(rollout, {
    verdict: Verdict.BAD,
    source: REGISTRY_ACTOR,
    why: `${fault.rate} ${share(fault.candidate)}, against ${share(fault.control)} of the control`,
    evidenceJson: JSON.stringify({ ...fault, step: rollout.step, counts: { candidate, control: compared.control } }),
  });
}

/** What becomes of a rollout when its alias is moved by other hands: its candidate has won, or its comparison is over. */
export function decideEnd(
  rollout: RolloutAtStep,
  holder: number,
  by: { actor: string; reason: string },
): RolloutDecision {
  const won = holder === rollout.candidate;
  return {
    ...silent,
    state: won ? RolloutState.COMPLETED : RolloutState.ABORTED,
    step: rollout.step,
    actor: by.actor,
    reason: `${won ? 'The alias was given to the candidate' : 'The alias was moved'} by hand: ${by.reason}`,
  };
}

const silent = { evidenceJson: '', verdict: Verdict.UNSPECIFIED };

function stateAfter({ step, stepsBps }: RolloutAtStep, move: RolloutMove): RolloutState {
  switch (move) {
    case RolloutMove.PAUSE:
      return RolloutState.PAUSED;
    case RolloutMove.RESUME:
      return RolloutState.RUNNING;
    case RolloutMove.ADVANCE:
      return step + 1 < stepsBps.length ? RolloutState.RUNNING : RolloutState.COMPLETED;
    case RolloutMove.COMPLETE:
      return RolloutState.COMPLETED;
    case RolloutMove.ABORT:
      return RolloutState.ABORTED;
    default:
      throw new Problem('BODY_INVALID', 'The move is missing: pause, resume, advance, complete or abort', {
        field: 'move',
      });
  }
}
