import type { FeatureDefinition } from '@vinaigrette/drift';
import { Problem } from '@vinaigrette/problems';
import { readSignature, type Signature } from '@vinaigrette/signature';
import {
  answeredBaseline,
  goldenAnswers,
  measureCost,
  ModelSession,
  trainVersion,
  type GoldenAnswers,
  type Progress,
  type Provenance,
  type Recipe,
  type VersionOptions,
} from '@vinaigrette/training';
import { customerReaders, type Customers } from './adapters/read-customers.js';
import type { Card } from './card.js';
import { cluster, nearest, silhouette, type Clustering } from './domain/cluster.js';
import { customerTensors } from './domain/customer-tensors.js';
import { goldenCustomers } from './domain/golden-customers.js';
import { nameSegments } from './domain/name-segments.js';
import { learnPreparation, prepare, type Preparation } from './domain/prepare.js';
import { segmentGraph } from './domain/segment-graph.js';
import { segmentations, type CustomerRow, type Segmentation } from './domain/segmentation.js';
import { parameters, type Parameters } from './parameters.js';

const BATCH = 256;
/** How many clusters the card compares; few starts do, since it is the bend that matters. */
const COMPARED_CLUSTERS = [2, 3, 4, 5, 6, 7, 8];
const COMPARED_STARTS = 10;
/** Customers that candidates of a search are judged on. */
const HELD_BACK_EVERY = 5;
/** The graph computes in float32: two centres nearer to each other than this, relatively, may change places. */
const TIE = 1e-4;

export type TrainingOptions = VersionOptions<typeof parameters>;

/** How versions of segments are made of customers. */
export const segmentsRecipe: Recipe<typeof parameters, Customers, Card> = {
  model: 'segments',
  about: 'segments of customers',
  parameters,
  loadParameters: ['segmentation', 'asOf'],
  load: (source, { segmentation, asOf }, intake) => customerReaders[segmentation](source, asOf, intake),
  train: versionOf,
  score: silhouetteOf,
  scoredBy: 'silhouette',
  reached: ({ inertia }) => ({ metrics: { inertia } }),
};

/**
 * Trains a version and writes its files to `outDir`: model.onnx, signature.json, golden.json, baseline.json and, last,
 * card.json, which it answers. Apart from the card's time and cost the same rows and options give the same bytes. Throws
 * what `trainVersion` throws, before anything is written.
 */
export async function trainSegments(given: TrainingOptions, progress?: Progress): Promise<Card> {
  const { card } = await trainVersion(segmentsRecipe, given, progress);
  return card;
}

async function versionOf(customers: Customers, options: Parameters, provenance: Provenance, progress: Progress) {
  const segmentation: Segmentation = segmentations[options.segmentation];
  if (customers.lines === 0) throw new RangeError('it holds no rows');
  if (customers.rows.length === 0) {
    const before = options.asOf === undefined ? '' : ` before ${options.asOf}`;
    throw new RangeError(`no line${before} tells what a customer bought`);
  }
  progress(`read ${customers.lines} lines: ${customers.rows.length} customers`);

  const { preparation, points, clustering } = fit(segmentation, customers.rows, options);
  const featureNames = segmentation.features.map(({ name }) => name);
  const names = nameSegments(featureNames, clustering.centres, points);
  progress(
    `found ${names.length} segments: ${names.map((name, at) => `${name} (${clustering.sizes[at]})`).join(', ')}`,
  );

  const onnx = segmentGraph(segmentation, preparation, clustering.centres, names);
  const logged = [...featureNames, 'segment', 'distance'].map((tensor) => ({ tensor }));
  const signature: Signature = { ...readSignature(onnx), logged };
  const session = await ModelSession.open(onnx);
  try {
    const golden = await goldenOf(session, segmentation, preparation, clustering, customers.rows);
    const batches = inBatches(segmentation, customers.rows);
    const baseline = await answeredBaseline(session, signature, featuresOf(segmentation), batches);
    progress(`answered ${baseline.rows} customers for the baseline`);
    const card: Card = {
      format: 1,
      model: 'segments',
      trainedAt: new Date().toISOString(),
      segmentation: options.segmentation,
      data: provenance,
      ...countsOf(customers),
      parameters: { clusters: names.length, starts: options.starts, seed: options.seed },
      preparation,
      inertia: clustering.inertia,
      inertiaByClusters: compare(points, options.seed),
      segments: names.map((name, at) => ({
        name,
        customers: clustering.sizes[at] as number,
        centre: clustering.centres[at] as readonly number[],
      })),
      cost: {
        batch1: await measureCost(session, 1, (round) => rowsOf(segmentation, customers.rows, round, 1)),
        batch32: await measureCost(session, 32, (round) => rowsOf(segmentation, customers.rows, round, 32)),
      },
      baseline: { rows: baseline.rows },
    };
    const files = { 'model.onnx': onnx, 'signature.json': signature, 'golden.json': golden };
    return { ...files, 'baseline.json': baseline, 'card.json': card };
  } finally {
    await session.close();
  }
}

interface Fit {
  preparation: Preparation;
  points: number[][];
  clustering: Clustering;
}

function fit(segmentation: Segmentation, rows: readonly CustomerRow[], options: Parameters): Fit {
  const { clusters = segmentation.clusters, starts, seed } = options;
  const preparation = learnPreparation(segmentation, rows);
  const points = rows.map((row) => prepare(segmentation, preparation, row));
  return { preparation, points, clustering: cluster(points, { clusters, starts, seed }) };
}

/** How well every fifth customer fits the segments that a share of the others makes. */
function silhouetteOf({ rows }: Customers, options: Parameters, share: number): number {
  const segmentation: Segmentation = segmentations[options.segmentation];
  const others = rows.filter((_, place) => place % HELD_BACK_EVERY !== 0);
  const heldBack = rows.filter((_, place) => place % HELD_BACK_EVERY === 0);
  const learned = evenly(others, share);
  const { preparation, clustering } = fit(segmentation, learned, options);
  const points = heldBack.map((row) => prepare(segmentation, preparation, row));
  return silhouette(clustering.centres, points);
}

function compare(points: readonly number[][], seed: number): Record<string, number> {
  const different = new Set(points.map((point) => point.join())).size;
  const possible = COMPARED_CLUSTERS.filter((clusters) => clusters <= different);
  return Object.fromEntries(
    possible.map((clusters) => [clusters, cluster(points, { clusters, starts: COMPARED_STARTS, seed }).inertia]),
  );
}

/** Answers of the graph, each of which the plain computation gives as well: else it is the graph that is wrong. */
async function goldenOf(
  session: ModelSession,
  segmentation: Segmentation,
  preparation: Preparation,
  { centres }: Clustering,
  rows: readonly CustomerRow[],
): Promise<GoldenAnswers> {
  const batches = goldenCustomers(rows);
  const inputs = batches.map((batch) => customerTensors(segmentation, batch));
  return goldenAnswers(session, inputs, ({ cluster }, index) => {
    batches[index]?.forEach((row, at) => {
      const point = prepare(segmentation, preparation, row);
      const said = centres[Number(cluster?.data[at])] as readonly number[];
      const [plain, graph] = [nearest(centres, point).squared, nearest([said], point).squared];
      if (graph > plain * (1 + TIE)) {
        throw new Problem('GOLDEN_MISMATCH', `The graph and the centres disagree on the customer ${row.join(', ')}`);
      }
    });
  });
}

function* inBatches(segmentation: Segmentation, rows: readonly CustomerRow[]) {
  for (let first = 0; first < rows.length; first += BATCH) {
    yield customerTensors(segmentation, rows.slice(first, first + BATCH));
  }
}

function rowsOf(segmentation: Segmentation, rows: readonly CustomerRow[], round: number, batch: number) {
  const asked = Array.from({ length: batch }, (_, row) => rows[(round * batch + row) % rows.length] as CustomerRow);
  return customerTensors(segmentation, asked);
}

function featuresOf({ features }: Segmentation): FeatureDefinition[] {
  return [
    ...features.map(({ name }): FeatureDefinition => ({
      name,
      kind: 'numeric',
      from: { kind: 'value', tensor: name },
      datatype: 'FP32',
    })),
    { name: 'segment', kind: 'categorical', from: { kind: 'value', tensor: 'segment' } },
    { name: 'distance', kind: 'numeric', from: { kind: 'value', tensor: 'distance' }, datatype: 'FP32' },
  ];
}

const countsOf = ({ rows, lines, leftOut, asOf }: Customers) => ({ customers: rows.length, lines, leftOut, asOf });

/** A share of the rows at equal distances, so that no order of their ids matters. */
const evenly = (rows: readonly CustomerRow[], share: number): CustomerRow[] =>
  rows.filter((_, place) => Math.floor((place + 1) * share) > Math.floor(place * share));
