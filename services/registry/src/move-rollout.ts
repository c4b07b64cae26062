import {
  Verdict,
  type ReportRolloutCountsRequest,
  type ReportVerdictRequest,
  type Rollout,
  type RolloutMove,
} from '@vinaigrette/contracts/registry';
import { Problem } from '@vinaigrette/problems';
import type { By } from './aliases.js';
import { stepCounts } from './domain/count-rollout.js';
import { decideByCounts, decideMove, decideStep, heedVerdict } from './domain/move-rollout.js';
import { checkActor, checkEvidence, checkName, checkReason } from './domain/names.js';
import type { Rollouts } from './rollouts.js';

/** Moves rollouts: by hand, by what those who watch a candidate report, and by time. */
export class MoveRollout {
  constructor(private readonly rollouts: Rollouts) {}

  async byHand(id: string, move: RolloutMove, { actor, reason }: By): Promise<Rollout> {
    checkActor(actor, 'actor');
    checkReason(reason, 'reason');
    return this.rollouts.change(id, (rollout) => decideMove(rollout, move, { actor, reason }));
  }

  async byVerdict({ rolloutId, verdict, source, why, evidenceJson }: ReportVerdictRequest): Promise<Rollout> {
    if (verdict === Verdict.UNSPECIFIED) {
      throw new Problem('BODY_INVALID', 'The verdict is missing: good, hold or bad', { field: 'verdict' });
    }
    checkActor(source, 'source');
    checkReason(why, 'why');
    checkEvidence(evidenceJson, 'evidenceJson');
    const report = { verdict, source, why, evidenceJson };
    return this.rollouts.change(rolloutId, (rollout) => heedVerdict(rollout, report));
  }

  /** Adds what a gateway counted; when the sums of all speak against the candidate, the rollout ends at once. */
  async byCounts(request: ReportRolloutCountsRequest): Promise<Rollout> {
    const { rolloutId, gatewayId, processId } = request;
    checkName(gatewayId, 'gatewayId');
    checkActor(processId, 'processId');
    const { rollout, counts } = await this.rollouts.count({ rolloutId, gatewayId, processId, ...stepCounts(request) });
    if (!decideByCounts(rollout, counts)) return rollout;
    return this.rollouts.change(rolloutId, (now, seen) => decideByCounts(now, seen.counts));
  }

  /** Takes every step that time and samples allow for. Of several registries the first takes it. */
  async byTime(): Promise<void> {
    for (const id of await this.rollouts.due()) {
      await this.rollouts.change(id, (rollout, { nowMs, counts }) => {
        const samples = counts.find(({ step }) => step === rollout.step)?.candidate.requests ?? 0;
        return decideStep(rollout, { nowMs, samples });
      });
    }
  }
}
