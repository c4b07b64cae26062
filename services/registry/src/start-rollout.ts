import { randomBytes, randomUUID } from 'node:crypto';
import type { Rollout, StartRolloutRequest } from '@vinaigrette/contracts/registry';
import { decideRollout, rolloutWish } from './domain/start-rollout.js';
import type { Rollouts } from './rollouts.js';

const SALT_BYTES = 16;

/** Begins to try a candidate beside the version that holds the alias. */
export class StartRollout {
  constructor(private readonly rollouts: Rollouts) {}

  async start(request: StartRolloutRequest): Promise<Rollout> {
    const wish = rolloutWish(request);
    const identity = { id: randomUUID(), salt: randomBytes(SALT_BYTES).toString('hex') };
    return this.rollouts.start(wish, identity, (facts) => decideRollout(wish, facts));
  }
}
