import type { UseCase } from '@vinaigrette/documents';
import {
  bucketOf,
  BUCKETS,
  type Draw,
  drawSide,
  drawsShadow,
  type KnownVersion,
  propensityOf,
  type Trial,
} from '@vinaigrette/serving';
import type { ReadyRuleSet, ReadyUseCase } from './configuration.js';

/** What the log and the answer call the units that never get a model. */
export const HOLDOUT = 'holdout';

/** What answers a unit of the holdout that is to get nothing. */
export const NOTHING = 'nothing';

export interface Asker {
  /** The sticky unit: the customer, else the prediction itself. */
  unit: string;
  predictionId: string;
  /** "dimension=value", in the use case's order. */
  segments: readonly string[];
}

/** A trial that drew this unit, to be counted on its side. */
export interface Drawn {
  trial: Trial;
  draw: Draw;
}

/** Who answers a request, and who is asked besides. */
export interface Route<T extends UseCase = UseCase> {
  /** The use case as it was drawn: a candidate of the use case or of its rule set stands in its place. */
  useCase: ReadyUseCase<T>;
  variant: string;
  /** The model version to ask; undefined: whichever the use case's alias names. */
  candidate: KnownVersion | undefined;
  /** Share of the units that get this variant, 0..1; undefined: nobody drew. */
  propensity: number | undefined;
  /** Of the trial whose candidate or control the unit is; empty: none. */
  rolloutId: string;
  /** Trials that are not shadows, with the side of the unit. */
  drawn: readonly Drawn[];
  shadows: readonly Trial<KnownVersion>[];
  /** Rule sets that are held against the same answer, and change nothing. */
  ruleShadows: readonly Trial<ReadyRuleSet>[];
}

/**
 * Routes a request: the holdout first, then use case, rule set and model, each trial by a salt of its own. `ejected`
 * holds the ids of trials this replica has stopped following.
 */
export function routeOf<T extends UseCase>(
  wanted: ReadyUseCase<T>,
  asker: Asker,
  ejected: ReadonlySet<string>,
): Route<T> {
  const drawn: Drawn[] = [];
  const draw = <C>(trials: readonly Trial<C>[]): C | undefined => {
    for (const trial of trials) {
      if (trial.kind === 'shadow' || ejected.has(trial.id)) continue;
      const fell = drawSide(trial, asker.unit, asker.segments);
      drawn.push({ trial, draw: fell });
      if (fell.side === 'candidate') return trial.candidate;
    }
    return undefined;
  };
  const { holdout } = wanted.document;
  if (holdout && isHeldOut(holdout, asker.unit)) {
    const propensity = holdout.shareBps / BUCKETS;
    const nobody = { candidate: undefined, rolloutId: '', drawn, shadows: [], ruleShadows: [] };
    return { useCase: wanted, variant: HOLDOUT, propensity, ...nobody };
  }
  const base = draw(wanted.trials.useCase) ?? wanted;
  const ruleSet = draw(base.trials.ruleSet);
  const candidate = draw(base.trials.model);
  const counted = drawn.findLast(({ draw: { side } }) => side === 'candidate') ?? drawn.findLast(isControl);
  const isCopied = (trial: Trial): boolean =>
    trial.kind === 'shadow' && drawsShadow(trial, asker.predictionId, asker.segments, base.document.shadowSample);
  return {
    useCase: ruleSet ? { ...base, ruleSet } : base,
    variant: counted?.draw.side === 'candidate' ? counted.trial.variant : base.document.alias,
    candidate,
    propensity: propensityOfAll(drawn, holdout?.shareBps),
    rolloutId: counted?.trial.id ?? '',
    drawn,
    shadows: base.trials.model.filter(isCopied),
    ruleShadows: base.trials.ruleSet.filter(isCopied),
  };
}

/** Whether a unit never gets a model's answer. */
export function isHeldOut(holdout: { shareBps: number; salt: string }, unit: string): boolean {
  return bucketOf(holdout.salt, 'holdout', unit) < holdout.shareBps;
}

const isControl = ({ draw }: Drawn): boolean => draw.side === 'control';

/** Draws are independent of one another, and of the holdout: their shares multiply. */
function propensityOfAll(drawn: readonly Drawn[], holdoutBps = 0): number | undefined {
  if (drawn.length === 0 && holdoutBps === 0) return undefined;
  return drawn.reduce((share, { draw }) => share * propensityOf(draw), 1 - holdoutBps / BUCKETS);
}
