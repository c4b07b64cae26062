import type { Moment, PredictionUseCase, TensorValue } from '@vinaigrette/documents';
import { Problem } from '@vinaigrette/problems';
import {
  adjustOutputs,
  type Circumstances,
  type CompiledRules,
  inputTensors,
  type KnownVersion,
  makeInputs,
  noRules,
  numbersFromText,
  type Outputs,
  outputValues,
  rulesBefore,
  scopeOf,
  segmentsOf,
  Situation,
} from '@vinaigrette/serving';
import type { AskModels, Asked } from './ask-models.js';
import type { ConfigurationInForce } from './configuration-in-force.js';
import type { ReadyUseCase } from './domain/configuration.js';
import type { Ruled } from './domain/compare-shadow.js';
import { noAnswerProblem, type ModelAnswer } from './domain/model-answer.js';
import { HOLDOUT, NOTHING } from './domain/route.js';
import { servedBy, type ServedBy } from './domain/served-by.js';
import type { GatherCircumstances } from './gather-circumstances.js';

/** The rung that answers with the outputs the use case declares. */
const DECLARED_OUTPUTS = 'declared-outputs';

export interface PredictionRequest {
  /** Who or what is predicted for; absent: nobody in particular. */
  unit?: string | undefined;
  /** What the request says of the unit; a use case reads those it declares. */
  attributes?: Readonly<Record<string, unknown>> | undefined;
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
    private readonly shop: GatherCircumstances,
    private readonly newId: () => string,
  ) {}

  /** Throws SIGNATURE_MISMATCH naming the input, REFUSED_BY_RULE, or a Problem when there is no answer and the use case declares none. */
  async answer(name: string, request: PredictionRequest): Promise<PredictionAnswer> {
    const [startedMs, predictionId] = [performance.now(), this.newId()];
    const wanted = this.configuration.prediction(name);
    const { document, expressions } = wanted;
    const { context, unit, attributes, occurredAtMs = Date.now() } = request;
    const inputs = document.numbersFromText
      ? numbersFromText(request.inputs, wanted.wanted.signature, document.fields)
      : request.inputs;
    const customer = unit === undefined ? undefined : { id: unit, attributes };
    const said = { context, customer, inputs, nowMs: occurredAtMs };
    const circumstances = await this.shop.of(document, said, document.budgetMs);
    const scope = scopeOf(expressions.fields, circumstances);
    const asker = { unit: unit ?? predictionId, predictionId, segments: segmentsOf(expressions, scope) };
    const route = this.models.route(wanted, asker);
    const { useCase } = route;
    const rules = useCase.ruleSet?.rules ?? noRules;
    const situation = new Situation(rules, circumstances);
    const before = rulesBefore(rules, situation);
    const told = before.fired.map(({ rule }) => rule);
    if (before.refusal !== undefined) {
      this.models.refuse(route, asker, before.refusal, startedMs, { occurredAtMs, fired: told });
      throw new Problem('REFUSED_BY_RULE', before.refusal);
    }
    const values = makeInputs(useCase.document, useCase.expressions, inputs, before, scope);
    const made = (version: KnownVersion) => inputTensors(version.signature, values, useCase.document.fields);
    const tensors = made(useCase.wanted);
    const inputsOf = (version: KnownVersion) => (version === useCase.wanted ? tensors : made(version));
    const question = { inputsOf, check: (answer: ModelAnswer) => answer };
    const asked = await this.models.ask(route, asker, question, startedMs);
    const { values: answered, fallback } = this.choose(useCase, asked);
    const { outputs, fired } = adjustOutputs(rules, answered ?? {}, situation);
    const allFired = [...told, ...fired.map(({ rule }) => rule)];
    this.models.settle(asked, { occurredAtMs, fallback, shown: [], fired: allFired });
    this.models.tryRules(asked, occurredAtMs, (others) => ruledBy(others, circumstances, answered));
    if (!answered) throw noAnswerProblem(useCase.document.model, asked.answer);
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

/** What other rules would make of the same outputs. */
function ruledBy(rules: CompiledRules, circumstances: Circumstances, answered: Outputs = {}): Promise<Ruled> {
  const situation = new Situation(rules, circumstances);
  const { refusal, fired: before } = rulesBefore(rules, situation);
  const { outputs, fired } = adjustOutputs(rules, refusal === undefined ? answered : {}, situation);
  return Promise.resolve({ shown: [], outputs, fired: [...before, ...fired].map(({ rule }) => rule) });
}
