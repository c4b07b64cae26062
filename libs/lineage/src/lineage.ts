import { z } from 'zod';
import { Problem } from '@vinaigrette/problems';

const text = z.string().min(1).max(1_000);
const whole = z.number().int().min(0);
const metrics = z.record(text, z.number());

/** The contents of lineage.json. */
export const lineageSchema = z.strictObject({
  format: z.literal(1),
  /** What it learnt from. A digest is SHA-256 in lower-case hexadecimal, or what MLflow made of the rows. */
  data: z
    .array(z.strictObject({ name: text, digest: text, rows: whole.optional() }))
    .max(100)
    .default([]),
  /** Of the steps that made the version and of their settings. */
  pipeline: z.strictObject({ digest: text }).optional(),
  /** `changed`: the folder held something that the commit does not. */
  code: z
    .strictObject({ commit: z.string().regex(/^[0-9a-f]{7,64}$/), changed: z.boolean().default(false) })
    .optional(),
  /** The words that train it again, from the root of the code; {data} and {out} are a file and a folder. */
  command: z.array(text).max(100).default([]),
  parameters: z.record(text, z.json()).default({}),
  /** What it reached when it was trained, whole and on parts of the rows, "dimension=value". */
  metrics: metrics.default({}),
  segments: z
    .array(z.strictObject({ segment: text, rows: whole, metrics }))
    .max(1_000)
    .default([]),
  /** Versions by name: node, onnxruntime-node, python, scikit-learn ... */
  environment: z.record(text, text).default({}),
  /** Of the container and the chart that it was trained in, with their digests or tags. */
  image: text.optional(),
  chart: text.optional(),
  /** Of one that was learnt while another answered: the version in force then, whose answers it learnt from. */
  parent: z.strictObject({ model: text, version: z.number().int().min(1) }).optional(),
  /** The run of the tracking server that logged it. */
  parentRun: text.optional(),
  /** Documents that it was tried with. */
  validatedWith: z
    .array(z.strictObject({ kind: text, name: text, version: z.number().int().min(1) }))
    .max(100)
    .default([]),
});

/** Where a version comes from, and with what. */
export type Lineage = z.infer<typeof lineageSchema>;

/** What of it may be left out; parseLineage fills it in. */
export type ToldLineage = z.input<typeof lineageSchema>;

/** Reads lineage.json. Throws LINEAGE_INVALID naming the field when it is not one. */
export function parseLineage(json: unknown): Lineage {
  const { data, error } = lineageSchema.safeParse(json);
  if (!error) return data;
  const [issue] = error.issues;
  const field = issue?.path.join('.') || undefined;
  throw new Problem(
    'LINEAGE_INVALID',
    `lineage.json does not say where a version comes from: ${issue?.message} at ${field}`,
    { field },
  );
}
