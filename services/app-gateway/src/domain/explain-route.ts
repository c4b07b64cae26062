import { bucketOf, BUCKETS, type Draw } from '@vinaigrette/serving';
import type { ReadyUseCase } from './configuration.js';
import type { Asker, Route } from './route.js';

/** Why a route is what it is, in numbers and in words. */
export interface RouteExplained {
  unit: string;
  segments: readonly string[];
  variant: string;
  useCase: { name: string; version: number };
  ruleSet: { name: string; version: number } | null;
  model: { name: string; version: number };
  propensity: number | null;
  rolloutId: string | null;
  why: string[];
}

export function explainRoute(wanted: ReadyUseCase, asker: Asker, route: Route): RouteExplained {
  const { useCase, variant, candidate, propensity, rolloutId, drawn, shadows, ruleShadows } = route;
  const { name, version, ruleSet } = useCase;
  const model = candidate ?? useCase.wanted;
  const { holdout } = wanted.document;
  const why = holdout ? [explainHoldout(holdout, asker.unit)] : [];
  why.push(...drawn.map(({ trial, draw }) => `rollout ${trial.id} (${trial.variant}): ${explainDraw(draw)}`));
  why.push(...[...shadows, ...ruleShadows].map(({ id }) => `rollout ${id} may get a copy: it is a shadow`));
  if (why.length === 0) why.push('nothing is tried, so everybody gets what is in force');
  return {
    unit: asker.unit,
    segments: asker.segments,
    variant,
    useCase: { name, version },
    ruleSet: ruleSet ? { name: ruleSet.name, version: ruleSet.version } : null,
    model: { name: model.model, version: model.version },
    propensity: propensity ?? null,
    rolloutId: rolloutId || null,
    why,
  };
}

function explainHoldout({ shareBps, salt }: { shareBps: number; salt: string }, unit: string): string {
  const bucket = bucketOf(salt, 'holdout', unit);
  const held = bucket < shareBps;
  return `holdout: bucket ${bucket} of ${BUCKETS} is ${held ? 'below' : 'not below'} ${shareBps}`;
}

function explainDraw({ side, shareBps, segment, eligibleBucket, armBucket }: Draw): string {
  const share = `share ${shareBps}${segment === undefined ? '' : ` of ${segment}`}`;
  return `${side}, by ${share}, eligible bucket ${eligibleBucket} and arm bucket ${armBucket} of ${BUCKETS}`;
}
