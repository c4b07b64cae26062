import { z } from 'zod';
import { name, outcomeKinds } from './fields.js';

/** Rows that versions of a model are judged on, frozen: drawn from what was predicted and what came of it. */
export const validationSetSchema = z.strictObject({
  model: name,
  /** The Parquet file with the rows, among the data versions. */
  data: z.strictObject({ name, digest: z.string().regex(/^[0-9a-f]{64}$/, 'must be a SHA-256') }),
  rows: z.number().int().min(1),
  /** Times of the oldest and of the newest row. */
  from: z.iso.datetime(),
  until: z.iso.datetime(),
  /** Outcomes that tell what was right. */
  outcomes: z.array(z.enum(outcomeKinds)).min(1),
  /** Rows of each sub-population, "dimension=value"; a row may be in several. */
  segments: z.record(z.string().min(1).max(256), z.number().int().min(1)).default({}),
  /** The draw: the same archive and seed give the same rows. */
  seed: z.string().min(1).max(64),
});

/** What a validation set holds and where. */
export type ValidationSet = z.infer<typeof validationSetSchema>;
