import { RolloutKind, RolloutState, type Rollout } from '@vinaigrette/contracts/registry';
import { BUCKETS, type Trial } from '@vinaigrette/serving';

/** The trials a subject is in, by what they stand in for. */
export interface Trials<Model, RuleSet, UseCase> {
  model: readonly Trial<Model>[];
  ruleSet: readonly Trial<RuleSet>[];
  useCase: readonly Trial<UseCase>[];
}

const kinds: Partial<Record<RolloutKind, Trial['kind']>> = {
  [RolloutKind.CANARY]: 'canary',
  [RolloutKind.EXPERIMENT]: 'experiment',
  [RolloutKind.SHADOW]: 'shadow',
};

/**
 * The trials of one subject's alias that are running or paused. `find` gives the candidate of that version; a rollout
 * whose candidate is not there draws nobody.
 */
export function trialsOf<T>(
  rollouts: readonly Rollout[],
  subject: { kind: string; name: string; alias: string },
  find: (version: number) => T | undefined,
): Trial<T>[] {
  return rollouts.flatMap((rollout) => {
    const kind = kinds[rollout.kind];
    const mine = rollout.subject?.kind === subject.kind && rollout.subject.name === subject.name;
    const active = rollout.state === RolloutState.RUNNING || rollout.state === RolloutState.PAUSED;
    if (!kind || !mine || rollout.alias !== subject.alias || !active) return [];
    const candidate = find(rollout.candidate);
    if (candidate === undefined) return [];
    const { id, variant, salt, step } = rollout;
    const segmentBps = new Map(Object.entries(rollout.segmentBps).map(([name, share]) => [name, bps(share)]));
    return { id, kind, variant, shareBps: bps(rollout.stepsBps[step] ?? 0), segmentBps, salt, step, candidate };
  });
}

const bps = (share: number): number => Math.min(share, BUCKETS);
