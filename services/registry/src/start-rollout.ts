import { randomBytes, randomUUID } from 'node:crypto';
import { RolloutKind, type Rollout, type StartRolloutRequest } from '@vinaigrette/contracts/registry';
import { decideRollout, rolloutWish, type RolloutWish } from './domain/start-rollout.js';
import type { JudgePromotion } from './judge-promotion.js';
import type { Rollouts } from './rollouts.js';

const SALT_BYTES = 16;

/** Begins to try a candidate beside the version that holds the alias. */
export class StartRollout {
  constructor(
    private readonly rollouts: Rollouts,
    private readonly gates: JudgePromotion,
  ) {}

  async start(request: StartRolloutRequest): Promise<Rollout> {
    const wish = rolloutWish(request);
    // A canary takes the alias by itself, so it is judged before it begins; a shadow is never shown.
    if (wish.kind !== RolloutKind.SHADOW) await this.judge(wish, request.force);
    const identity = { id: randomUUID(), salt: randomBytes(SALT_BYTES).toString('hex') };
    return this.rollouts.start(wish, identity, (facts) => decideRollout(wish, facts));
  }

  private async judge({ subject, alias, candidate, actor, reason }: RolloutWish, force: boolean): Promise<void> {
    await this.gates.require({ subject, alias, version: candidate }, { actor, reason }, force);
  }
}
