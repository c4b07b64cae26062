import type { Moment, PredictionUseCase, TensorValue } from '@vinaigrette/documents';
import type { AskModels, Asked } from './ask-models.js';
import type { ConfigurationInForce } from './configuration-in-force.js';
import { adjustOutputs, type Outputs } from './domain/adjust-outputs.js';
import { noRules } from './domain/compile-rules.js';
import type { KnownVersion, ReadyUseCase } from './domain/configuration.js';
import { noAnswerProblem, type ModelAnswer } from './domain/model-answer.js';
import { inputTensors, outputValues } from './domain/prediction-tensors.js';
import { Situation } from './domain/situation.js';
import { HOLDOUT, NOTHING } from './domain/route.js';
import { servedBy, type ServedBy } from './domain/served-by.js';

/** The rung that answers with the outputs the use case declares. */
const DECLARED_OUTPUTS = 'declared-outputs';

export interface PredictionRequest {
  /** Who or what is predicted for; absent: nobody in particular. */
  unit?: string | undefined;
  /** By the names of the model's signature. */
  inputs: Readonly<Record<string, TensorValue>>;
  context?: { moment?: Moment | undefined; market?: string | undefined; channel?: string | undefined } | undefined;
  /** Event time, milliseconds since the epoch; absent: now. */
  occurredAtMs?: number | undefined;
}

export interface PredictionAnswer {
  predictionId: string;
  outputs: Outputs;
  servedBy: ServedBy;
}

/** What does the model of this use case say of these inputs? */
export class Predict {
  constructor(
    private readonly configuration: ConfigurationInForce,
    private readonly models: AskModels,
    private readonly newId: () => string,
  ) {}

  /** Throws SIGNATURE_MISMATCH naming the input, or a Problem when there is no answer and the use case declares none. */
  async answer(name: string, request: PredictionRequest): Promise<PredictionAnswer> {
    const [startedMs, predictionId] = [performance.now(), this.newId()];
    const wanted = this.configuration.prediction(name);
    const asker = { unit: request.unit ?? predictionId, predictionId, segments: [] };
    const route = this.models.route(wanted, asker);
    const { useCase } = route;
    const made = (version: KnownVersion) => inputTensors(version.signature, request.inputs, useCase.document.inputs);
    const inputs = made(useCase.wanted);
    const inputsOf = (version: KnownVersion) => (version === useCase.wanted ? inputs : made(version));
    const question = { inputsOf, check: (answer: ModelAnswer) => answer };
    const asked = await this.models.ask(route, asker, question, startedMs);
    const { values, fallback } = this.choose(useCase, asked);
    const rules = useCase.ruleSet?.rules ?? noRules;
    const { context, inputs: given, occurredAtMs = Date.now() } = request;
    const situation = new Situation(rules, { context, inputs: given, nowMs: occurredAtMs });
    const { outputs, fired } = adjustOutputs(rules, values ?? {}, situation);
    this.models.settle(asked, { occurredAtMs, fallback, shown: [], fired: fired.map(({ rule }) => rule) });
    if (!values) throw noAnswerProblem(useCase.document.model, asked.answer);
    return { predictionId, outputs, servedBy: servedBy(route, asked, fallback ?? asked.rung) };
  }

  /** The model's outputs, or those the use case declares; undefined when it declares none. */
  private choose(
    { document: { fallback } }: ReadyUseCase<PredictionUseCase>,
    { answer, route }: Asked,
  ): { values: Outputs | undefined; fallback: string | undefined } {
    if (answer.ok) return { values: outputValues(answer.outputs), fallback: undefined };
    if (fallback?.outputs) return { values: fallback.outputs, fallback: DECLARED_OUTPUTS };
    return route.variant === HOLDOUT ? { values: {}, fallback: NOTHING } : { values: undefined, fallback: undefined };
  }
}
