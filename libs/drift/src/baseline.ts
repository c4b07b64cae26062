import { z } from 'zod';
import { Problem } from '@vinaigrette/problems';
import { categoricalDefinition, gridDatatypes, itemsDefinition, numericDefinition } from './feature.js';

const whole = z.number().int().min(0);

/**
 * What makes two scores comparable, frozen with the baseline. `psiBins`: quantile bins of the PSI; `zeroPolicy`: shares
 * are raised to 1e-4 on both sides and not normalised again; `grid`: quantile edges of the counting grid, and a value
 * heavier than 1/grid has a bin of its own; `topK`: categories counted by name, the rest is OTHER.
 */
export const policySchema = z.strictObject({
  psiBins: z.number().int().min(2).max(100),
  zeroPolicy: z.literal('floor-1e-4'),
  grid: z.number().int().min(10).max(10_000),
  topK: z.number().int().min(1).max(1_000),
});
export type BaselinePolicy = z.infer<typeof policySchema>;
export const defaultPolicy: BaselinePolicy = { psiBins: 10, zeroPolicy: 'floor-1e-4', grid: 1_000, topK: 50 };

const numericFeature = numericDefinition.extend({
  datatype: z.enum(gridDatatypes),
  /** Ascending. Bin 0 is below the first, bin i is [edge i-1, edge i), the last is from the last edge up. */
  edges: z.array(z.number()).min(2).max(65_535),
  /** Where the PSI's bins begin, all but the first one's; each is an edge. */
  psiCuts: z.array(z.number()),
  /** One a bin: one more than edges. */
  counts: z.array(whole).min(3),
  count: whole.min(1),
  missing: whole,
  min: z.number(),
  max: z.number(),
  mean: z.number(),
  /** Of the population: divided by count. */
  standardDeviation: z.number().min(0),
});

const values = z.array(z.strictObject({ value: z.string().min(1), count: whole.min(1) })).min(1);
const categoricalFeature = categoricalDefinition.extend({ values, other: whole, count: whole.min(1), missing: whole });
/** `count` is of occurrences, `missing` of rows with an empty list, `rows` of the others. */
const itemsFeature = itemsDefinition.extend({
  values,
  other: whole,
  count: whole.min(1),
  missing: whole,
  rows: whole.min(1),
});

/** The training rows of one segment, "dimension=value", on the grid of all: `counters` as `encodeCounters`, base64. */
const segment = z.strictObject({
  name: z.string().regex(/^[^=\0]{1,64}=[^\0]{1,128}$/, 'must be dimension=value'),
  rows: whole.min(1),
  counters: z.base64(),
});

/** Alarm floors learnt from the training rows: what chunks of them, held back in turn, score against the others. */
const learned = z.strictObject({
  /** mean + 3 standard deviations over the chunks. */
  method: z.literal('mean-plus-3-sd'),
  chunks: z.number().int().min(2).max(1_000),
  features: z.record(z.string(), z.strictObject({ psi: z.number().min(0), ks: z.number().min(0).max(1) })),
});

export const baselineSchema = z.strictObject({
  format: z.literal(1),
  policy: policySchema,
  rows: whole.min(1),
  /** By tensor: every value the training data held. */
  vocabularies: z.record(z.string(), z.array(z.string())),
  features: z
    .array(z.discriminatedUnion('kind', [numericFeature, categoricalFeature, itemsFeature]))
    .min(1)
    .max(1_000),
  segments: z.array(segment).max(1_000).optional(),
  learned: learned.optional(),
});

/** The training distribution of a model version's features, frozen: the contents of baseline.json. */
export type Baseline = z.infer<typeof baselineSchema>;
export type Feature = Baseline['features'][number];
export type NumericFeature = z.infer<typeof numericFeature>;
export type CategoricalFeature = z.infer<typeof categoricalFeature>;
export type ItemsFeature = z.infer<typeof itemsFeature>;

/** Reads baseline.json. Throws BASELINE_INVALID naming the field when it is not one or contradicts itself. */
export function parseBaseline(json: unknown): Baseline {
  const { data, error } = baselineSchema.safeParse(json);
  if (error) {
    const [issue] = error.issues;
    throw invalid(issue?.path.join('.') ?? '', issue?.message ?? 'it cannot be read');
  }
  const names = new Set<string>();
  data.features.forEach((feature, index) => {
    const at = `features.${index}`;
    if (names.has(feature.name)) throw invalid(`${at}.name`, `two features are called ${feature.name}`);
    names.add(feature.name);
    if (feature.kind === 'numeric') checkNumeric(feature, at);
    else checkCategories(feature, at);
    if (needsVocabulary(feature) && !data.vocabularies[feature.from.tensor]) {
      throw invalid('vocabularies', `${feature.name} needs the vocabulary of ${feature.from.tensor}`);
    }
    const rows = feature.kind === 'items' ? feature.rows : feature.count;
    if (rows + feature.missing !== data.rows) throw invalid(at, `its rows do not add up to ${data.rows}`);
  });
  const segments = data.segments?.map(({ name }) => name) ?? [];
  if (new Set(segments).size !== segments.length) throw invalid('segments', 'one is there twice');
  return data;
}

/** Whether a feature asks of a value if the training data held it. */
export function needsVocabulary(feature: Pick<Feature, 'kind' | 'from'>): boolean {
  return feature.kind !== 'numeric' || feature.from.kind === 'knownShare';
}

function checkNumeric({ edges, psiCuts, counts, count }: NumericFeature, at: string): void {
  if (!ascends(edges)) throw invalid(`${at}.edges`, 'edges must ascend');
  if (!ascends(psiCuts)) throw invalid(`${at}.psiCuts`, 'cuts must ascend');
  const known = new Set(edges);
  if (!psiCuts.every((cut) => known.has(cut))) throw invalid(`${at}.psiCuts`, 'each cut must be one of the edges');
  if (counts.length !== edges.length + 1) throw invalid(`${at}.counts`, 'there must be one count more than edges');
  if (sum(counts) !== count) throw invalid(`${at}.counts`, `they add up to ${sum(counts)}, not to ${count}`);
  if (counts[0] !== 0 || counts.at(-1) !== 0) throw invalid(`${at}.edges`, 'they must enclose every training value');
}

function checkCategories({ values, other, count }: CategoricalFeature | ItemsFeature, at: string): void {
  const total = sum(values.map((value) => value.count)) + other;
  if (total !== count) throw invalid(`${at}.values`, `they add up to ${total}, not to ${count}`);
  if (new Set(values.map(({ value }) => value)).size !== values.length)
    throw invalid(`${at}.values`, 'one is there twice');
}

const ascends = (numbers: readonly number[]) => numbers.every((n, i) => i === 0 || n > (numbers[i - 1] as number));
const sum = (numbers: readonly number[]) => numbers.reduce((total, n) => total + n, 0);
const invalid = (field: string, why: string) =>
  new Problem('BASELINE_INVALID', `baseline.json is not a baseline: ${why} at ${field}`, { field });
