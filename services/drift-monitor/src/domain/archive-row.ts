import { fromBinary } from '@bufbuild/protobuf';
import { OutcomeSchema, PredictionSchema, PredictionStatus } from '@vinaigrette/contracts/events';
import { unpackRow, type LoggedColumn } from '@vinaigrette/signature';
import { hex } from './known-version.js';

/** A column of the archive, as DuckDB spells its type. */
export interface ArchiveColumn {
  name: string;
  type: 'VARCHAR' | 'VARCHAR[]' | 'DOUBLE' | 'DOUBLE[]' | 'BIGINT' | 'BIGINT[]' | 'TIMESTAMP';
}

const column = (type: ArchiveColumn['type'], ...names: string[]): ArchiveColumn[] =>
  names.map((name) => ({ name, type }));

/**
 * What the archive keeps, column by column; names are for ever, and a new column is null in older files. `logged` is the
 * prediction's logged tensors as a JSON object; while their schema is not known they stay packed in the three after it.
 */
export const archiveColumns = {
  predictions: [
    ...column('VARCHAR', 'prediction_id'),
    ...column('TIMESTAMP', 'occurred_at'),
    ...column('VARCHAR', 'use_case', 'model', 'variant', 'unit', 'status', 'fallback', 'rule_set', 'rollout_id'),
    ...column('BIGINT', 'use_case_version', 'version', 'rule_set_version', 'latency_us'),
    ...column('VARCHAR[]', 'segments', 'shown', 'fired_rules'),
    ...column('DOUBLE', 'propensity'),
    ...column('VARCHAR', 'schema_id', 'logged'),
    ...column('DOUBLE[]', 'numbers'),
    ...column('VARCHAR[]', 'texts'),
    ...column('BIGINT[]', 'lengths'),
    ...column('VARCHAR', 'gateway'),
    ...column('BIGINT', 'sequence'),
  ],
  outcomes: [
    ...column('VARCHAR', 'outcome_id', 'prediction_id'),
    ...column('TIMESTAMP', 'occurred_at'),
    ...column('VARCHAR', 'kind'),
    ...column('VARCHAR[]', 'skus'),
    ...column('DOUBLE', 'number'),
    ...column('VARCHAR', 'text'),
    ...column('DOUBLE', 'revenue'),
    ...column('VARCHAR', 'gateway'),
    ...column('BIGINT', 'sequence'),
  ],
} as const satisfies Record<string, ArchiveColumn[]>;

export type ArchiveTopic = keyof typeof archiveColumns;
type Value = string | number | bigint | null | readonly (string | number | bigint)[];

/** Values by column; times in milliseconds since the epoch. */
export interface ArchiveRow {
  /** UTC, "2026-11-21": the folder it lies in. */
  day: string;
  unit: string;
  occurredAtMs: number;
  values: Record<string, Value>;
}

/** 2000-01-01, and a day ahead of a clock that is right: what lies outside is a dead letter, not a record. */
const EARLIEST_MS = Date.UTC(2000, 0, 1);
const AHEAD_MS_MAX = 5 * 60 * 1_000;

/** A record of the log as a row; undefined when it cannot be read or its time is absurd. Never throws. */
export function archiveRow(
  topic: ArchiveTopic,
  record: { body: Uint8Array; gatewayId: string; sequence: bigint },
  schemaOf: (model: string, version: number, schemaId: string) => readonly LoggedColumn[] | undefined,
  nowMs: number,
): ArchiveRow | undefined {
  try {
    const row = topic === 'predictions' ? predictionRow(record.body, schemaOf) : outcomeRow(record.body);
    if (!(row.occurredAtMs >= EARLIEST_MS && row.occurredAtMs <= nowMs + AHEAD_MS_MAX)) return undefined;
    const values = { ...row.values, gateway: record.gatewayId, sequence: record.sequence };
    return { ...row, day: new Date(row.occurredAtMs).toISOString().slice(0, 10), values };
  } catch {
    return undefined;
  }
}

function predictionRow(
  body: Uint8Array,
  schemaOf: (model: string, version: number, schemaId: string) => readonly LoggedColumn[] | undefined,
) {
  const message = fromBinary(PredictionSchema, body);
  const schemaId = hex(message.schemaId);
  const schema = schemaId === '' ? undefined : schemaOf(message.model, message.version, schemaId);
  const { numbers, texts, lengths, segment } = message;
  const packed = schema ? { numbers: [], texts: [], lengths: [] } : { numbers, texts, lengths: lengths.map(BigInt) };
  return {
    unit: message.unit,
    occurredAtMs: Number(message.occurredAtMs),
    values: {
      prediction_id: message.predictionId,
      occurred_at: Number(message.occurredAtMs),
      use_case: message.useCase,
      use_case_version: BigInt(message.useCaseVersion),
      model: message.model,
      version: BigInt(message.version),
      variant: message.variant,
      rule_set: message.ruleSet,
      rule_set_version: BigInt(message.ruleSetVersion),
      unit: message.unit,
      segments: message.segments.length > 0 || segment === '' ? message.segments : [segment],
      status: PredictionStatus[message.status]?.toLowerCase() ?? 'unspecified',
      fallback: message.fallback,
      latency_us: BigInt(message.latencyUs),
      schema_id: schemaId,
      logged: schema ? JSON.stringify(unpackRow(schema, message)) : null,
      ...packed,
      shown: message.shown,
      fired_rules: message.firedRules,
      propensity: message.propensity ?? null,
      rollout_id: message.rolloutId,
    },
  };
}

function outcomeRow(body: Uint8Array) {
  const message = fromBinary(OutcomeSchema, body);
  return {
    unit: '',
    occurredAtMs: Number(message.occurredAtMs),
    values: {
      outcome_id: message.outcomeId,
      prediction_id: message.predictionId,
      occurred_at: Number(message.occurredAtMs),
      kind: message.kind,
      skus: message.skus,
      number: message.number ?? null,
      text: message.text,
      revenue: message.revenue ?? null,
    },
  };
}
