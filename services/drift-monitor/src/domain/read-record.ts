import { fromBinary } from '@bufbuild/protobuf';
import { OutcomeSchema, PredictionStatus } from '@vinaigrette/contracts/events';
import { PredictionDecoder, type DecodedPrediction } from './decode-prediction.js';
import type { KnownVersion } from './known-version.js';
import { paneOf } from './pane.js';

/** What happened to a request, in the order the counters are kept. */
export const statuses = ['answered', 'fallback', 'timeout', 'error', 'shadow'] as const;
export type Status = (typeof statuses)[number];

/** Why a record is set aside for good. Counted by reason, so this list is short. */
export type DeadReason = 'malformed' | 'future-event-time' | 'absurd-event-time' | 'parking-full' | 'not-storable';

/** Where a prediction is counted. */
export interface Cell {
  model: string;
  version: number;
  variant: string;
  /** "dimension=value"; empty: whatever the segment. */
  segment: string;
  paneMs: number;
}

export interface Counted {
  kind: 'counted';
  cell: Omit<Cell, 'segment'>;
  /** Those it falls in, "dimension=value", each once; it counts in each of them and in the whole. */
  segments: string[];
  status: Status;
  /** Slots of the version's grid, each raised by one; none when it has no baseline, or nothing was predicted. */
  slots: Uint32Array;
  occurredAtMs: number;
  /** What the customer saw first, best first; absent when the answer showed no SKUs. */
  shown?: { predictionId: string; skus: string[] };
}
export interface Parked {
  kind: 'parked';
  model: string;
  version: number;
  /** Lower-case hex. */
  schemaId: string;
}
export interface Joined {
  kind: 'outcome';
  outcomeId: string;
  predictionId: string;
  occurredAtMs: number;
  outcome: string;
  skus: string[];
}
export interface Dead {
  kind: 'dead';
  reason: DeadReason;
  why: string;
}
/** What becomes of a record. */
export type Verdict = Counted | Parked | Joined | Dead;

/** A clock that is ahead by more is wrong. */
const AHEAD_MS_MAX = 5 * 60 * 1_000;
/** 2000-01-01. Older times are seconds taken for milliseconds, or a clock that was never set. */
const EARLIEST_MS = Date.UTC(2000, 0, 1);
/** Of what was shown, only so much is compared with what was bought. */
export const HITS_AT = 5;
const NAME_LENGTH_MAX = 128;
const SKUS_MAX = 1_000;
/** Dimensions a use case may declare. */
const SEGMENTS_MAX = 20;

const statusOf: Partial<Record<number, Status>> = {
  [PredictionStatus.ANSWERED]: 'answered',
  [PredictionStatus.FALLBACK]: 'fallback',
  [PredictionStatus.TIMEOUT]: 'timeout',
  [PredictionStatus.ERROR]: 'error',
  [PredictionStatus.SHADOW]: 'shadow',
};

/** Reads a record of the topic `predictions`. Never throws. */
export function readPrediction(
  body: Uint8Array,
  versionOf: (model: string, version: number) => KnownVersion | undefined,
  nowMs: number,
): Counted | Parked | Dead {
  try {
    return prediction(decoder.decode(body), versionOf, nowMs);
  } catch (error) {
    return { kind: 'dead', reason: 'malformed', why: (error as Error).message };
  }
}

/** Reads a record of the topic `outcomes`. Never throws. */
export function readOutcome(body: Uint8Array, nowMs: number): Joined | Dead {
  try {
    const message = fromBinary(OutcomeSchema, body);
    const { outcomeId, predictionId, kind, skus } = message;
    const late = wrongTime(Number(message.occurredAtMs), nowMs);
    if (late) return late;
    check(outcomeId !== '' && predictionId !== '', 'it has no outcome_id or no prediction_id');
    checkText(outcomeId, predictionId, kind);
    checkSkus(skus);
    return {
      kind: 'outcome',
      outcomeId,
      predictionId,
      occurredAtMs: Number(message.occurredAtMs),
      outcome: kind,
      skus,
    };
  } catch (error) {
    return { kind: 'dead', reason: 'malformed', why: (error as Error).message };
  }
}

const decoder = new PredictionDecoder();
const NO_SLOTS = new Uint32Array();

function prediction(
  message: DecodedPrediction,
  versionOf: (model: string, version: number) => KnownVersion | undefined,
  nowMs: number,
): Counted | Parked | Dead {
  const wrong = wrongTime(message.occurredAtMs, nowMs);
  if (wrong) return wrong;
  const { model, version, variant, segment, predictionId, shown } = message;
  const status = statusOf[message.status];
  check(status !== undefined, `status ${message.status} is not known`);
  check(/^[a-z0-9-]{1,64}$/.test(model), 'model is no name of the registry');
  checkText(variant, predictionId);
  checkSkus(shown);
  const { occurredAtMs } = message;
  const counted: Counted = {
    kind: 'counted',
    cell: { model, version, variant, paneMs: paneOf(occurredAtMs) },
    segments: segmentsOf(message.segments, segment),
    status: status as Status,
    slots: NO_SLOTS,
    occurredAtMs,
  };
  if (shown.length > 0 && predictionId !== '' && status !== 'shadow') {
    counted.shown = { predictionId, skus: shown.slice(0, HITS_AT) };
  }
  const { schemaId } = message;
  if (schemaId === '') return counted;
  const known = versionOf(model, version);
  if (known?.schemaId !== schemaId) return { kind: 'parked', model, version, schemaId };
  if (known.counter) counted.slots = known.counter.read(message).slice();
  return counted;
}

/** Records older than the field `segments` have one `segment` without a dimension. */
function segmentsOf(segments: readonly string[], segment: string): string[] {
  check(segments.length <= SEGMENTS_MAX, `it is in ${segments.length} segments, more than ${SEGMENTS_MAX}`);
  const named = segments.length > 0 ? segments : [segment];
  checkText(...named);
  return [...new Set(named)].filter((name) => name !== '');
}

function wrongTime(ms: number, nowMs: number): Dead | undefined {
  if (ms > nowMs + AHEAD_MS_MAX) return { kind: 'dead', reason: 'future-event-time', why: `it happens at ${ms}` };
  if (ms < EARLIEST_MS) return { kind: 'dead', reason: 'absurd-event-time', why: `it happened at ${ms}` };
  return undefined;
}

function check(holds: boolean, why: string): void {
  if (!holds) throw new RangeError(why);
}

/** PostgreSQL keeps any text but NUL. */
function checkText(...texts: string[]): void {
  for (const text of texts)
    check(text.length <= NAME_LENGTH_MAX && !text.includes('\0'), 'a text is too long or holds NUL');
}

function checkSkus(skus: readonly string[]): void {
  check(skus.length <= SKUS_MAX, `it names ${skus.length} SKUs, more than ${SKUS_MAX}`);
  checkText(...skus);
}
