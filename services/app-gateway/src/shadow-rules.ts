import { BUCKETS, noRules, type CompiledRules, type Trial } from '@vinaigrette/serving';
import type { Asked } from './ask-models.js';
import { ruledDifference, type Ruled } from './domain/compare-shadow.js';
import type { ReadyRuleSet } from './domain/configuration.js';
import type { Hash } from './domain/field-policies.js';
import { shadowRecord } from './domain/prediction-record.js';
import type { Meters } from './meters.js';
import type { PredictionLog } from './prediction-log.js';

/** Most answers under way to other rules; what comes on top is dropped, and counted. */
const UNDER_WAY_MAX = 128;

/** A request that was answered, and what any rules would make of the same answer of the model. */
export interface Answered extends Pick<Asked, 'route' | 'asker' | 'asked' | 'inputs' | 'first'> {
  occurredAtMs: number;
  ruledBy(rules: CompiledRules): Promise<Ruled>;
}

/**
 * Holds rules that nobody follows yet against the same answer of the model, and keeps what they would have shown. Never
 * on an answer's way. What the model is asked stays as it was: rules that mask or fill in its inputs are tried on a share.
 */
export class ShadowRules {
  private underWay = 0;

  constructor(
    private readonly log: PredictionLog,
    private readonly meters: Meters,
    private readonly hash: Hash,
  ) {}

  /** Returns at once. */
  offer(answered: Answered): void {
    for (const trial of answered.route.ruleShadows) {
      if (this.underWay >= UNDER_WAY_MAX) {
        this.meters.shadowDropped(answered.route.useCase.name, trial.variant);
        continue;
      }
      this.underWay += 1;
      setImmediate(() => void this.hold(answered, trial).finally(() => (this.underWay -= 1)));
    }
  }

  private async hold(answered: Answered, trial: Trial<ReadyRuleSet>): Promise<void> {
    const { route, asker, asked, inputs, first, occurredAtMs, ruledBy } = answered;
    const { useCase } = route;
    const startedMs = performance.now();
    const shadow = await ruledBy(trial.candidate.rules);
    const latencyUs = (performance.now() - startedMs) * 1_000;
    const drawn = {
      useCase: { ...useCase, ruleSet: trial.candidate },
      variant: trial.variant,
      rolloutId: trial.id,
      propensity: (trial.shareBps / BUCKETS) * useCase.document.shadowSample,
    };
    const { shown, fired } = shadow;
    const happened = { asker, route: drawn, occurredAtMs, asked, inputs, answer: first, shown, fired, latencyUs };
    this.log.predicted(shadowRecord(happened, this.hash));
    const inForce = await ruledBy(useCase.ruleSet?.rules ?? noRules);
    this.meters.shadowed(useCase.name, trial.variant, { answered: true, ...ruledDifference(inForce, shadow) });
  }
}
