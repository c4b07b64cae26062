import type { LoggedRow } from '@vinaigrette/signature';
import {
  defaultPolicy,
  needsVocabulary,
  parseBaseline,
  type Baseline,
  type BaselinePolicy,
  type CategoricalFeature,
  type ItemsFeature,
  type NumericFeature,
} from './baseline.js';
import { categoryOf, itemsOf, numberOf, type FeatureDefinition, type GridDatatype } from './feature.js';
import { nextUp } from './float.js';
import { binOf } from './bin-of.js';
import { countRow, encodeCounters, noCounters, type Counters } from './counters.js';
import { featureDrifts } from './feature-drift.js';
import { gridOf, type Grid } from './grid.js';

type Vocabularies = Record<string, readonly string[]>;
type Of<Kind> = Extract<FeatureDefinition, { kind: Kind }>;

/** What a baseline may hold beside its features. */
export interface BaselineExtras {
  /** A vocabulary that is not given is every value the rows hold of that tensor. */
  vocabularies?: Vocabularies;
  /** For each row the segments it falls in, "dimension=value": of each a baseline of its own, over the same bins. */
  segments?: readonly (readonly string[])[];
  /** Learn alarm floors from so many chunks of consecutive rows: give the rows in the order of time. */
  learnFromChunks?: number;
}

/**
 * The baseline of training rows, as `unpackRow` gives them. Throws RangeError when a feature has no value in any row,
 * BASELINE_INVALID when the definitions are no features.
 */
export function buildBaseline(
  definitions: readonly FeatureDefinition[],
  rows: readonly LoggedRow[],
  policy: BaselinePolicy = defaultPolicy,
  { vocabularies = {}, segments, learnFromChunks }: BaselineExtras = {},
): Baseline {
  const known = new Map<string, ReadonlySet<string>>();
  for (const definition of definitions.filter(needsVocabulary)) {
    const { tensor } = definition.from;
    if (!known.has(tensor)) known.set(tensor, new Set(vocabularies[tensor] ?? valuesOf(tensor, rows)));
  }
  const baseline = parseBaseline({
    format: 1,
    policy,
    rows: rows.length,
    vocabularies: Object.fromEntries([...known].map(([tensor, values]) => [tensor, [...values].sort()])),
    features: definitions.map((definition) => {
      const { importance } = definition;
      return { ...featureOf(definition, rows, policy, known), ...(importance === undefined ? {} : { importance }) };
    }),
  });
  if (!segments && learnFromChunks === undefined) return baseline;
  const grid = gridOf(baseline);
  return parseBaseline({
    ...baseline,
    ...(segments ? { segments: segmentsOf(grid, rows, segments) } : {}),
    ...(learnFromChunks === undefined ? {} : { learned: learnedFrom(grid, rows, learnFromChunks) }),
  });
}

function featureOf(
  definition: FeatureDefinition,
  rows: readonly LoggedRow[],
  policy: BaselinePolicy,
  known: ReadonlyMap<string, ReadonlySet<string>>,
) {
  switch (definition.kind) {
    case 'numeric':
      return numericFeature(definition, rows, policy, known.get(definition.from.tensor));
    case 'categorical':
      return categoricalFeature(definition, rows, policy);
    case 'items':
      return itemsFeature(definition, rows, policy);
  }
}

/** By name, so that the same rows give the same bytes. */
function segmentsOf(grid: Grid, rows: readonly LoggedRow[], segments: readonly (readonly string[])[]) {
  const counted = new Map<string, Counters>();
  rows.forEach((row, index) => {
    for (const name of new Set(segments[index])) {
      let counters = counted.get(name);
      if (!counters) counted.set(name, (counters = noCounters(grid)));
      countRow(grid, row, counters);
    }
  });
  return [...counted]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, counters]) => {
      return { name, rows: counters[0], counters: Buffer.from(encodeCounters(counters)).toString('base64') };
    });
}

/** Scores each chunk of consecutive rows against all the others: what the world does while nothing has drifted. */
function learnedFrom(grid: Grid, rows: readonly LoggedRow[], chunks: number): Baseline['learned'] {
  if (chunks < 2 || rows.length < chunks) throw new RangeError(`Cannot cut ${rows.length} rows into ${chunks} chunks`);
  const scores = new Map<string, { psi: number[]; ks: number[] }>();
  for (let chunk = 0; chunk < chunks; chunk++) {
    const [from, to] = [chunk, chunk + 1].map((edge) => Math.floor((edge * rows.length) / chunks));
    const counters = noCounters(grid);
    for (const row of rows.slice(from, to)) countRow(grid, row, counters);
    const others = grid.expected.map((count, slot) => count - (counters[slot] as number));
    for (const { name, measured } of featureDrifts(grid, counters, others)) {
      const score = scores.get(name) ?? { psi: [], ks: [] };
      if (measured?.psi !== undefined) score.psi.push(measured.psi);
      if (measured) score.ks.push(measured.ks?.low ?? measured.lInfinity);
      scores.set(name, score);
    }
  }
  const floors = [...scores].map(([name, { psi, ks }]) => {
    return [name, { psi: meanPlus3Sd(psi), ks: Math.min(1, meanPlus3Sd(ks)) }] as const;
  });
  return { method: 'mean-plus-3-sd', chunks, features: Object.fromEntries(floors) };
}

function meanPlus3Sd(values: readonly number[]): number {
  if (values.length === 0) return 0;
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length;
  return mean + 3 * Math.sqrt(variance);
}

function numericFeature(
  definition: Of<'numeric'>,
  rows: readonly LoggedRow[],
  policy: BaselinePolicy,
  vocabulary: ReadonlySet<string> | undefined,
): NumericFeature {
  const { name, kind, from } = definition;
  const derived = from.kind === 'length' || from.kind === 'knownShare';
  const datatype = derived ? 'FP64' : (definition.datatype ?? 'FP64');
  const values = rows.map((row) => numberOf(from, datatype, row, vocabulary)).filter((value) => value !== undefined);
  if (values.length === 0) throw new RangeError(`${name} has no value in any of ${rows.length} rows`);
  const sorted = Float64Array.from(values).sort();
  const edges = gridEdges(sorted, datatype, policy);
  const counts = new Array<number>(edges.length + 1).fill(0);
  for (const value of sorted) counts[binOf(edges, value)]! += 1;
  const count = sorted.length;
  const mean = sorted.reduce((sum, value) => sum + value, 0) / count;
  const variance = sorted.reduce((sum, value) => sum + (value - mean) ** 2, 0) / count;
  return {
    name,
    kind,
    from,
    datatype,
    edges,
    psiCuts: psiCuts(sorted, policy),
    counts,
    count,
    missing: rows.length - count,
    min: sorted[0] as number,
    max: sorted[count - 1] as number,
    mean,
    standardDeviation: Math.sqrt(variance),
  };
}

/**
 * The counting grid: quantiles of the sorted training values, both sides of every atom (a value heavier than 1/grid),
 * the PSI's cuts, and the least number above the largest value, so that the outermost bins hold no training value.
 */
function gridEdges(sorted: Float64Array, datatype: GridDatatype, policy: BaselinePolicy): number[] {
  const edges = new Set<number>([...quantiles(sorted, policy.grid, 0), ...psiCuts(sorted, policy)]);
  for (let start = 0, end = 0; start < sorted.length; start = end) {
    const value = sorted[start] as number;
    while (end < sorted.length && sorted[end] === value) end += 1;
    if ((end - start) * policy.grid > sorted.length) edges.add(value).add(nextUp(datatype, value));
  }
  edges.add(nextUp(datatype, sorted[sorted.length - 1] as number));
  return [...edges].filter(Number.isFinite).sort((a, b) => a - b);
}

/** The sorted values at index floor(i n / bins), i = 1 .. bins - 1, equal ones merged; a value >= cut goes up. */
function psiCuts(sorted: Float64Array, policy: BaselinePolicy): number[] {
  return [...new Set(quantiles(sorted, policy.psiBins, 1))];
}

function quantiles(sorted: Float64Array, parts: number, first: number): number[] {
  const indexes = Array.from({ length: parts - first }, (_, i) => Math.floor(((i + first) * sorted.length) / parts));
  return indexes.map((index) => sorted[index] as number);
}

function categoricalFeature(
  { name, kind, from }: Of<'categorical'>,
  rows: readonly LoggedRow[],
  policy: BaselinePolicy,
): CategoricalFeature {
  const categories = rows.map((row) => categoryOf(from, row)).filter((category) => category !== undefined);
  if (categories.length === 0) throw new RangeError(`${name} has no value in any of ${rows.length} rows`);
  return { name, kind, from, ...heaviest(categories, policy.topK), missing: rows.length - categories.length };
}

function itemsFeature(
  { name, kind, from }: Of<'items'>,
  rows: readonly LoggedRow[],
  policy: BaselinePolicy,
): ItemsFeature {
  const lists = rows.map((row) => itemsOf(from, row)).filter((list) => list.length > 0);
  if (lists.length === 0) throw new RangeError(`${name} has no value in any of ${rows.length} rows`);
  const missing = rows.length - lists.length;
  return { name, kind, from, ...heaviest(lists.flat(), policy.topK), missing, rows: lists.length };
}

/** The k most frequent values, ties in the order of their code units, and how many occurrences are of others. */
function heaviest(occurrences: readonly string[], topK: number) {
  const tally = new Map<string, number>();
  for (const value of occurrences) tally.set(value, (tally.get(value) ?? 0) + 1);
  const ranked = [...tally].sort(([a, n], [b, m]) => m - n || (a < b ? -1 : 1)).slice(0, topK);
  const values = ranked.map(([value, count]) => ({ value, count }));
  const named = values.reduce((sum, { count }) => sum + count, 0);
  return { values, other: occurrences.length - named, count: occurrences.length };
}

function valuesOf(tensor: string, rows: readonly LoggedRow[]): Set<string> {
  return new Set(rows.flatMap((row) => itemsOf({ kind: 'values', tensor }, row)));
}
