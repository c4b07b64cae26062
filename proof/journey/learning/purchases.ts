import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { create, toBinary } from '@bufbuild/protobuf';
import { itemTensor } from '@vinaigrette/basket';
import { OutcomeSchema, PredictionSchema, PredictionStatus } from '@vinaigrette/contracts/events';
import type { EventLogWriter } from '@vinaigrette/event-log';
import type { Labelled } from '@vinaigrette/learning';
import { loggedSchema, packRow, parseSignature, schemaIdOf } from '@vinaigrette/signature';

/** A purchase as a learner gets it, once it has read both of its records. */
export function purchase(n: number, atMs: number, given: string[], bought: string[]): Labelled {
  const predictionId = `0192d3a0-0000-7000-8000-${String(n).padStart(12, '0')}`;
  return { predictionId, atMs, kind: 'purchased', skus: bought, inputs: { items: given } };
}

/** Appends purchases to the log as the gateway does: a prediction of version 1 of basket, then its outcome. */
export class PurchaseLog {
  private readonly schema;

  constructor(
    private readonly log: EventLogWriter,
    versionDir: string,
  ) {
    this.schema = loggedSchema(parseSignature(JSON.parse(readFileSync(join(versionDir, 'signature.json'), 'utf8'))));
  }

  predict({ predictionId, atMs, inputs }: Labelled, status = PredictionStatus.ANSWERED): void {
    const message = create(PredictionSchema, {
      predictionId,
      occurredAtMs: BigInt(atMs - 1_000),
      ...{ useCase: 'recommendations', useCaseVersion: 1, model: 'basket', version: 1, variant: 'champion', status },
      ...{ unit: predictionId, schemaId: schemaIdOf(this.schema) },
      ...packRow(this.schema, { items: itemTensor([inputs['items'] as string[]]) }),
    });
    this.append('predictions', toBinary(PredictionSchema, message));
  }

  becameOf({ predictionId, atMs, skus, kind }: Labelled): bigint {
    const message = create(OutcomeSchema, {
      ...{ outcomeId: `of-${predictionId}`, predictionId, occurredAtMs: BigInt(atMs), kind, skus: [...skus] },
    });
    return this.append('outcomes', toBinary(OutcomeSchema, message));
  }

  append(topic: 'predictions' | 'outcomes', body: Uint8Array): bigint {
    const sequence = this.log.append(topic, 'a-customer', body);
    if (sequence === undefined) throw new Error(`The log is lost: ${this.log.stats().topics[topic].lastError}`);
    return sequence;
  }
}

interface SavedCounts {
  skus: string[];
  itemWeights: string;
  pairKeys: string;
  pairWeights: string;
  baskets: number;
}

/** Item and pair counts by name, bits and all, whatever order they were met in. */
export function countsIn(saved: unknown): Record<string, number> {
  const { skus, itemWeights, pairKeys, pairWeights, baskets } = (saved as { statistics: SavedCounts }).statistics;
  const doubles = (text: string) => [...new Float64Array(Uint8Array.from(Buffer.from(text, 'base64')).buffer)];
  const [items, keys, weights] = [doubles(itemWeights), doubles(pairKeys), doubles(pairWeights)];
  const named = (key: number) => [skus[Math.floor(key / 2 ** 24)], skus[key % 2 ** 24]].sort().join(' & ');
  const all = [
    ...items.map((weight, place) => [skus[place], weight]),
    ...keys.map((key, place) => [named(key), weights[place]]),
    ['every basket', baskets],
  ];
  return Object.fromEntries(all.sort(([a], [b]) => (String(a) < String(b) ? -1 : 1))) as Record<string, number>;
}
