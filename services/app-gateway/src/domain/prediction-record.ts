import { PredictionSchema, PredictionStatus, type Prediction } from '@vinaigrette/contracts/events';
import type { KnownVersion, Tensors } from '@vinaigrette/serving';
import { packRow, type LoggedColumn, type Tensor } from '@vinaigrette/signature';
import { keptTensors, keptTexts, type Hash } from './field-policies.js';
import type { ModelAnswer } from './model-answer.js';
import type { Asker, Route } from './route.js';

/** What became of one request, for the log. */
export interface Happened {
  asker: Asker;
  route: Pick<Route, 'useCase' | 'variant' | 'propensity' | 'rolloutId'>;
  occurredAtMs: number;
  /** The version that was asked first. */
  asked: KnownVersion;
  /** undefined: they could not be made for that version. */
  inputs: Tensors | undefined;
  /** Of the version asked first. */
  answer: ModelAnswer;
  /** The rung that answered instead; undefined: none did. */
  fallback: string | undefined;
  shown: readonly string[];
  /** Ids of the rules that fired. */
  fired: readonly string[];
  latencyUs: number;
}

/** The log's record of a prediction: one, whatever happened, holding no more than the use case lets it. */
export function predictionRecord(happened: Happened, hash: Hash): Prediction {
  const { answer, fallback } = happened;
  return record(happened, answer, statusOf(answer, fallback), hash);
}

/** A shadow's record: the same prediction, answered by a version, or under rules, that nobody saw. */
export function shadowRecord(happened: Omit<Happened, 'fallback'>, hash: Hash): Prediction {
  return record({ ...happened, fallback: undefined }, happened.answer, PredictionStatus.SHADOW, hash);
}

function record(happened: Happened, answer: ModelAnswer, status: PredictionStatus, hash: Hash): Prediction {
  const { asker, route, asked, fallback } = happened;
  const { useCase } = route;
  const { logging } = useCase.document;
  const version = answer.ok ? answer.version : asked.version;
  const tensors = { ...happened.inputs, ...(answer.ok ? answer.outputs : {}) };
  const [unit = asker.predictionId] = keptTexts([asker.unit], logging['unit'], hash);
  return {
    $typeName: PredictionSchema.typeName, // by hand: create() costs as much as all else here
    predictionId: asker.predictionId,
    occurredAtMs: BigInt(happened.occurredAtMs),
    useCase: useCase.name,
    useCaseVersion: useCase.version,
    model: asked.model,
    version,
    variant: route.variant,
    ruleSet: useCase.ruleSet?.name ?? '',
    ruleSetVersion: useCase.ruleSet?.version ?? 0,
    unit,
    segment: asker.segments[0] ?? '',
    segments: [...asker.segments],
    ...(route.propensity === undefined ? {} : { propensity: route.propensity }),
    rolloutId: route.rolloutId,
    status,
    fallback: fallback ?? '',
    latencyUs: Math.min(Math.max(0, Math.round(happened.latencyUs)), 0xffff_ffff),
    ...packedAs(useCase.versions.get(version) ?? asked, keptTensors(tensors, logging, hash)),
    shown: keptTexts(happened.shown, logging['skus'], hash),
    firedRules: happened.fired.length === 0 ? [] : [...new Set(happened.fired)],
  };
}

function statusOf(answer: ModelAnswer, fallback: string | undefined): PredictionStatus {
  if (fallback !== undefined) return PredictionStatus.FALLBACK;
  if (answer.ok) return PredictionStatus.ANSWERED;
  return answer.reason === 'timeout' ? PredictionStatus.TIMEOUT : PredictionStatus.ERROR;
}

/**
 * The tensors in the order of the version's schema. When the model server is ahead of the registry's word the schema
 * is the wanted version's: it then fits too, unless the signature changed, and what does not fit is not logged.
 */
function packedAs({ schema, schemaId }: KnownVersion, tensors: Tensors) {
  if (!schema.every((column) => fits(column, tensors[column.name]))) {
    return { schemaId: new Uint8Array(), numbers: [], texts: [], lengths: [] };
  }
  return { schemaId, ...packRow(schema, tensors) };
}

function fits(column: LoggedColumn, tensor: Tensor | undefined): boolean {
  return tensor === undefined || tensor.datatype === column.datatype;
}
