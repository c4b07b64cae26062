// The made-up rows that drift.mjs and drift-kafka.mjs count: ten numbers each, half normal, half skewed, always the same.
import { create, toBinary } from '@bufbuild/protobuf';
import { PredictionSchema, PredictionStatus } from '@vinaigrette/contracts/events';
import { buildBaseline } from '@vinaigrette/drift';
import { loggedSchema, schemaIdOf } from '@vinaigrette/signature';

export const FEATURES = 10;
export const names = Array.from({ length: FEATURES }, (_, i) => `x${i}`);
const number = (name) => ({ name, datatype: 'FP64', shape: [-1, 1] });
export const signature = {
  inputs: names.map(number),
  outputs: [number('y')],
  logged: names.map((tensor) => ({ tensor })),
};
export const schema = loggedSchema(signature);
const schemaId = schemaIdOf(schema);

let seed = 20_261_121;
const random = () => {
  seed = (seed + 0x6d2b79f5) | 0;
  let t = Math.imul(seed ^ (seed >>> 15), 1 | seed);
  t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
  return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
};
const normal = () => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
const row = (shift) => names.map((_, i) => (i % 2 === 0 ? normal() + shift : Math.exp(normal() + shift)));
export const rowsOf = (count, shift) => Array.from({ length: count }, () => row(shift));

export function baselineOf(training) {
  const definitions = names.map((name) => ({ name, kind: 'numeric', from: { kind: 'value', tensor: name } }));
  const asRow = (numbers) => Object.fromEntries(names.map((name, i) => [name, [numbers[i]]]));
  return buildBaseline(definitions, training.map(asRow));
}

/** The record a gateway would write of it. */
export const encoded = (numbers, i, occurredAtMs) =>
  Buffer.from(
    toBinary(
      PredictionSchema,
      create(PredictionSchema, {
        predictionId: `0192d3a0-0000-7000-8000-${String(i).padStart(12, '0')}`,
        occurredAtMs: BigInt(occurredAtMs),
        ...{ useCase: 'quotes', useCaseVersion: 1, model: 'insurance', version: 3, variant: 'champion' },
        ...{ unit: `c-${i}`, status: PredictionStatus.ANSWERED, latencyUs: 900, schemaId, numbers },
      }),
    ),
  );
