import { Problem } from '@vinaigrette/problems';
import type { AskModels } from './ask-models.js';
import type { ConfigurationInForce } from './configuration-in-force.js';
import { explainRoute, type RouteExplained } from './domain/explain-route.js';

export interface RouteQuestion {
  useCase: string;
  unit: string;
  /** "dimension=value" */
  segments: readonly string[];
}

/** Who would answer this unit, and why? Nothing is asked, counted or logged. */
export class ExplainRoute {
  constructor(
    private readonly configuration: ConfigurationInForce,
    private readonly models: AskModels,
  ) {}

  /** Throws USE_CASE_NOT_FOUND. */
  answer({ useCase: name, unit, segments }: RouteQuestion): RouteExplained {
    const useCase = this.configuration.current?.useCases.get(name);
    if (!useCase) throw new Problem('USE_CASE_NOT_FOUND', `There is no use case ${name}`, { field: 'useCase' });
    const asker = { unit, segments, predictionId: unit };
    return explainRoute(useCase, asker, this.models.route(useCase, asker));
  }
}
