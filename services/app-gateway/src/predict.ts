import type { Moment, PredictionUseCase, TensorValue } from '@vinaigrette/documents';
import type { ConfigurationInForce } from './configuration-in-force.js';
import { adjustOutputs, type Outputs } from './domain/adjust-outputs.js';
import { noRules } from './domain/compile-rules.js';
import type { ReadyUseCase } from './domain/configuration.js';
import { noAnswerProblem, type ModelAnswer } from './domain/model-answer.js';
import { predictionRecord } from './domain/prediction-record.js';
import { inputTensors, outputValues } from './domain/prediction-tensors.js';
import { Situation } from './domain/situation.js';
import { servedBy, type ServedBy } from './domain/served-by.js';
import type { Meters } from './meters.js';
import type { Models } from './models.js';
import type { PredictionLog } from './prediction-log.js';

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
    private readonly models: Models,
    private readonly log: PredictionLog,
    private readonly meters: Meters,
    private readonly newId: () => string,
  ) {}

  /** Throws SIGNATURE_MISMATCH naming the input, or a Problem when there is no answer and the use case declares none. */
  async answer(name: string, request: PredictionRequest): Promise<PredictionAnswer> {
    const [startedMs, predictionId] = [performance.now(), this.newId()];
    const useCase = this.configuration.prediction(name);
    const { model, alias, budgetMs } = useCase.document;
    const inputs = inputTensors(useCase.wanted.signature, request.inputs, useCase.document.inputs);
    const answer = await this.models.ask({ model, alias, inputs, budgetMs });
    const { values, fallback } = this.choose(useCase, answer);
    const rules = useCase.ruleSet?.rules ?? noRules;
    const { context, inputs: given, occurredAtMs = Date.now() } = request;
    const situation = new Situation(rules, { context, inputs: given, nowMs: occurredAtMs });
    const { outputs, fired } = adjustOutputs(rules, values ?? {}, situation);
    this.log.predicted(
      predictionRecord({
        predictionId,
        occurredAtMs: request.occurredAtMs ?? Date.now(),
        unit: request.unit ?? predictionId,
        useCase,
        inputs,
        answer,
        fallback,
        shown: [],
        fired,
        latencyUs: (performance.now() - startedMs) * 1_000,
      }),
    );
    if (!values) throw noAnswerProblem(model, answer as Extract<ModelAnswer, { ok: false }>);
    return { predictionId, outputs, servedBy: servedBy(useCase, answer, fallback) };
  }

  /** The model's outputs, or those the use case declares; undefined when it declares none. */
  private choose(
    { name, document }: ReadyUseCase<PredictionUseCase>,
    answer: ModelAnswer,
  ): { values: Outputs | undefined; fallback: string | undefined } {
    if (answer.ok) return { values: outputValues(answer.outputs), fallback: undefined };
    if (!document.fallback) return { values: undefined, fallback: undefined };
    this.meters.fellBack(name, answer.reason);
    return { values: document.fallback.outputs, fallback: DECLARED_OUTPUTS };
  }
}
