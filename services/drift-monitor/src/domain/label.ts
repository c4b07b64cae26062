import { createHash } from 'node:crypto';
import { Problem } from '@vinaigrette/problems';
import { z } from 'zod';
import type { ArchiveRow } from './archive-row.js';

/** A prediction whose truth would teach something. */
export interface LabelCandidate {
  predictionId: string;
  occurredAtMs: number;
  version: number;
  segments: string[];
  /** The logged tensors by name. */
  logged: unknown;
  /** 0: sure; 1: even odds; absent: the model tells no score. */
  uncertainty?: number;
  /** Of its segments, those that have drifted. */
  driftedSegments: string[];
  why: string;
}

/** Why a candidate is one, in words. */
export function whyLabel(uncertainty: number | null, driftedSegments: readonly string[]): string {
  const reasons = [
    ...(driftedSegments.length > 0 ? [`${driftedSegments.join(', ')} has drifted`] : []),
    ...(uncertainty !== null && uncertainty >= UNCERTAIN ? ['the model is unsure'] : []),
  ];
  return reasons.length > 0 ? reasons.join('; ') : 'drawn at random';
}

/** From here on a score is called unsure: between 0.25 and 0.75. */
const UNCERTAIN = 0.5;

export const LABELS_MAX = 10_000;
/** Candidates that are told at once. */
const CANDIDATES = { usual: 50, most: 1_000 };

/** How many candidates are asked for; 0, nothing and '' are the usual number. Throws QUERY_INVALID. */
export function readMost(told: unknown): number {
  const most = Number(told ?? 0);
  if (most === 0) return CANDIDATES.usual;
  if (Number.isInteger(most) && most > 0 && most <= CANDIDATES.most) return most;
  throw new Problem('QUERY_INVALID', `most: it must be a number up to ${CANDIDATES.most}`, { field: 'most' });
}

const label = z
  .strictObject({
    predictionId: z.string().min(1).max(128),
    number: z.number().optional(),
    text: z.string().max(1_000).optional(),
    labelledAtMs: z.number().int().min(0).optional(),
  })
  .refine(({ number, text }) => number !== undefined || (text ?? '') !== '', 'says neither a number nor a text');

const importSchema = z.strictObject({
  labels: z.array(label).min(1).max(LABELS_MAX),
  source: z.string().max(128).default(''),
});

export type LabelImport = z.infer<typeof importSchema>;

/** Reads labels that are to be taken in. Throws BODY_INVALID naming the field. */
export function readLabels(body: unknown): LabelImport {
  const { data, error } = importSchema.safeParse(body);
  if (data) return data;
  const [issue] = error.issues;
  const field = issue?.path.join('.') ?? '';
  throw new Problem('BODY_INVALID', `${field || 'the body'}: ${issue?.message}`, { field });
}

/** What tells a label's outcomes from those of shops. */
export const LABELS_GATEWAY = 'labels';

/** A label as a row of the outcomes. The same label of the same source is the same outcome, however often it comes. */
export function labelRow(
  { predictionId, number, text = '', labelledAtMs }: LabelImport['labels'][number],
  source: string,
  nowMs: number,
): ArchiveRow {
  const occurredAtMs = labelledAtMs ?? nowMs;
  const told = JSON.stringify([source, predictionId, number ?? null, text, labelledAtMs ?? null]);
  return {
    day: new Date(occurredAtMs).toISOString().slice(0, 10),
    unit: '',
    occurredAtMs,
    values: {
      outcome_id: `label-${createHash('sha256').update(told).digest('hex').slice(0, 32)}`,
      prediction_id: predictionId,
      occurred_at: occurredAtMs,
      kind: 'label',
      skus: [],
      number: number ?? null,
      text,
      revenue: null,
      gateway: LABELS_GATEWAY,
      sequence: 0n,
    },
  };
}
