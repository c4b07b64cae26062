import { create } from '@bufbuild/protobuf';
import { PredictionSchema, PredictionStatus, type Prediction } from '@vinaigrette/contracts/events';
import { packRow, type LoggedColumn, type Tensor } from '@vinaigrette/signature';
import type { Fired } from './apply-rules.js';
import type { KnownVersion, ReadyUseCase } from './configuration.js';
import type { ModelAnswer } from './model-answer.js';

/** What became of one request, for the log. */
export interface Happened {
  predictionId: string;
  occurredAtMs: number;
  unit: string;
  useCase: ReadyUseCase;
  inputs: Readonly<Record<string, Tensor>>;
  answer: ModelAnswer;
  /** The rung that answered instead of the model; undefined: none did. */
  fallback: string | undefined;
  shown: readonly string[];
  fired: readonly Fired[];
  latencyUs: number;
}

/** The log's record of a prediction: one, whatever happened. */
export function predictionRecord(happened: Happened): Prediction {
  const { useCase, answer, fallback } = happened;
  const answered = answer.ok ? answer.version : useCase.wanted.version;
  const tensors = answer.ok ? { ...happened.inputs, ...answer.outputs } : happened.inputs;
  const packed = packedAs(useCase.versions.get(answered) ?? useCase.wanted, tensors);
  return create(PredictionSchema, {
    predictionId: happened.predictionId,
    occurredAtMs: BigInt(happened.occurredAtMs),
    useCase: useCase.name,
    useCaseVersion: useCase.version,
    model: useCase.wanted.model,
    version: answered,
    variant: useCase.document.alias,
    ruleSet: useCase.ruleSet?.name ?? '',
    ruleSetVersion: useCase.ruleSet?.version ?? 0,
    unit: happened.unit,
    status: statusOf(answer, fallback),
    fallback: fallback ?? '',
    latencyUs: Math.min(Math.max(0, Math.round(happened.latencyUs)), 0xffff_ffff),
    ...packed,
    shown: [...happened.shown],
    firedRules: [...new Set(happened.fired.map(({ rule }) => rule))],
  });
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
function packedAs({ schema, schemaId }: KnownVersion, tensors: Readonly<Record<string, Tensor>>) {
  if (!schema.every((column) => fits(column, tensors[column.name]))) return {};
  return { schemaId, ...packRow(schema, tensors) };
}

function fits(column: LoggedColumn, tensor: Tensor | undefined): boolean {
  return tensor === undefined || tensor.datatype === column.datatype;
}
