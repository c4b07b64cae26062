import { create, fromBinary, toBinary } from '@bufbuild/protobuf';
import { OutcomeSchema, PredictionSchema, PredictionStatus } from '@vinaigrette/contracts/events';
import { buildBaseline, countRow, featureDrifts, gridOf, noCounters, type FeatureDefinition } from '@vinaigrette/drift';
import type { EventRecord } from '@vinaigrette/event-log';
import {
  loggedSchema,
  packRow,
  schemaIdOf,
  tensorOf,
  unpackRow,
  type LoggedRow,
  type Signature,
} from '@vinaigrette/signature';

/** A model with every kind of feature, its training data, and customers who buy from it: all from a seed. */
export const signature: Signature = {
  inputs: [
    { name: 'items', datatype: 'BYTES', shape: [-1, -1] },
    { name: 'age', datatype: 'FP32', shape: [-1, 1] },
    { name: 'city', datatype: 'BYTES', shape: [-1, 1] },
  ],
  outputs: [{ name: 'confidence', datatype: 'FP32', shape: [-1, 3] }],
  logged: [{ tensor: 'items' }, { tensor: 'age' }, { tensor: 'city' }, { tensor: 'confidence', first: 2 }],
};
export const schema = loggedSchema(signature);
export const schemaId = schemaIdOf(schema);

const definitions: FeatureDefinition[] = [
  { name: 'basketSize', kind: 'numeric', from: { kind: 'length', tensor: 'items' } },
  { name: 'knownShare', kind: 'numeric', from: { kind: 'knownShare', tensor: 'items' } },
  { name: 'age', kind: 'numeric', from: { kind: 'value', tensor: 'age' }, datatype: 'FP32' },
  { name: 'topConfidence', kind: 'numeric', from: { kind: 'first', tensor: 'confidence' }, datatype: 'FP32' },
  { name: 'city', kind: 'categorical', from: { kind: 'value', tensor: 'city' } },
  { name: 'items', kind: 'items', from: { kind: 'values', tensor: 'items' } },
];

/** Numbers in [0, 1) from a seed (mulberry32). */
export function chance(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** A packed row of one visit; `shift` moves every feature away from training. */
function visit(random: () => number, shift: number) {
  const items = Array.from(
    { length: Math.floor(random() * 6 * (1 + shift)) },
    () => `sku-${Math.floor(random() ** 2 * 80)}`,
  );
  if (random() < shift / 4) items.push('never-seen');
  const age = random() < 0.05 ? NaN : 18 + random() * 60 * (1 + shift / 2);
  const city = ['', 'Lyon', 'Paris', 'Nice'][Math.floor(random() * (4 - shift))] as string;
  const confidence = [random() ** (1 + shift), random() / 2, 0];
  return packRow(schema, {
    items: tensorOf('BYTES', [1, items.length], items),
    age: tensorOf('FP32', [1, 1], [age]),
    city: tensorOf('BYTES', [1, 1], [city]),
    confidence: tensorOf('FP32', [1, 3], confidence),
  });
}

export function trainingRows(count: number, seed = 1): LoggedRow[] {
  const random = chance(seed);
  return Array.from({ length: count }, () => unpackRow(schema, visit(random, 0)));
}
export const baseline = buildBaseline(definitions, trainingRows(3_000));
const grid = gridOf(baseline);

export interface Visits {
  count: number;
  seed: number;
  /** Event time of the first and one past the last, milliseconds. */
  fromMs: number;
  toMs: number;
  shift?: number;
  model?: string;
  version?: number;
}

/** Predictions at random times of a range, one in ten a fallback, as the gateway logs them. */
export function predictions({
  count,
  seed,
  fromMs,
  toMs,
  shift = 0,
  model = 'basket',
  version = 1,
}: Visits): Uint8Array[] {
  const random = chance(seed);
  return Array.from({ length: count }, (_, index) => {
    const message = create(PredictionSchema, {
      predictionId: `p-${seed}-${index}`,
      occurredAtMs: BigInt(Math.floor(fromMs + random() * (toMs - fromMs))),
      useCase: 'recommendations',
      model,
      version,
      variant: random() < 0.2 ? 'canary' : 'champion',
      segment: random() < 0.5 ? 'new' : '',
      status: random() < 0.1 ? PredictionStatus.FALLBACK : PredictionStatus.ANSWERED,
      schemaId,
      ...visit(random, shift),
      shown: ['sku-1', 'sku-2', 'sku-3', 'sku-4', 'sku-5', 'sku-6'],
    });
    return toBinary(PredictionSchema, message);
  });
}

export function outcome(outcomeId: string, predictionId: string, sku: string, occurredAtMs: number): Uint8Array {
  const fields = { outcomeId, predictionId, occurredAtMs: BigInt(occurredAtMs), kind: 'purchased', skus: [sku] };
  return toBinary(OutcomeSchema, create(OutcomeSchema, fields));
}

/** Bodies as records of one partition. */
export function recordsOf(bodies: readonly Uint8Array[], gatewayId = 'gateway-1', firstOffset = 0): EventRecord[] {
  return bodies.map((body, index) => {
    const offset = BigInt(firstOffset + index);
    return { offset, sequence: offset, gatewayId, key: '', body };
  });
}

/** What one pass over all records finds: no database, no panes, no order. */
export function oracle(bodies: readonly Uint8Array[], fromMs: number, toMs: number) {
  const counters = noCounters(grid);
  let [predictions, fallbacks] = [0, 0];
  for (const body of bodies) {
    const message = fromBinary(PredictionSchema, body);
    if (message.occurredAtMs < BigInt(fromMs) || message.occurredAtMs >= BigInt(toMs)) continue;
    predictions += 1;
    if (message.status === PredictionStatus.FALLBACK) fallbacks += 1;
    countRow(grid, unpackRow(schema, message), counters);
  }
  return { predictions, fallbacks, features: featureDrifts(grid, counters) };
}
