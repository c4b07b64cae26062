import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { EventBatch, EventConsumer, EventRecord, Topic } from '../src/index.js';

/** A folder of its own below the system's temporary one. */
export function temporaryFolder(): { dir: string; remove: () => void } {
  const dir = mkdtempSync(join(tmpdir(), 'vinaigrette-event-log-'));
  return { dir, remove: () => rmSync(dir, { recursive: true, force: true }) };
}

/** Keeps its place per partition and drops what it has seen, as the drift monitor does; in memory. */
export class Collector implements EventConsumer {
  readonly records: (EventRecord & { topic: Topic; partition: string })[] = [];
  readonly batches: { topic: Topic; partition: string; size: number }[] = [];
  /** Records that came again and were dropped. */
  repeated = 0;
  private readonly nexts = new Map<string, bigint>();
  private readonly seen = new Map<string, bigint>();

  private readonly texts = new Set<string>();

  /** `refuse` may throw: then nothing of the batch counts. Only records of gateways that are `ours` are kept. */
  constructor(
    private readonly refuse: (batch: EventBatch) => void = () => undefined,
    private readonly ours: (gatewayId: string) => boolean = () => true,
  ) {}

  async next(topic: Topic, partition: string): Promise<bigint> {
    return this.nexts.get(`${topic}/${partition}`) ?? 0n;
  }

  async consume(batch: EventBatch): Promise<void> {
    const { topic, partition } = batch;
    this.refuse(batch);
    this.batches.push({ topic, partition, size: batch.records.length });
    for (const record of batch.records) {
      if (record.offset < (await this.next(topic, partition))) continue;
      this.nexts.set(`${topic}/${partition}`, record.offset + 1n);
      const identity = `${topic}/${record.gatewayId}/${partition}`;
      if (record.sequence <= (this.seen.get(identity) ?? -1n)) this.repeated += 1;
      else {
        this.seen.set(identity, record.sequence);
        if (!this.ours(record.gatewayId)) continue;
        this.records.push({ ...record, topic, partition });
        this.texts.add(Buffer.from(record.body).toString());
      }
    }
  }

  has(body: string): boolean {
    return this.texts.has(body);
  }

  /** The bodies of one topic as texts, in the order they were counted. */
  bodies(topic: Topic = 'predictions'): string[] {
    return this.records.filter((record) => record.topic === topic).map(({ body }) => Buffer.from(body).toString());
  }
}

/** Waits without a deadline of its own: the test's timeout is the deadline. */
export async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await sleep(20);
}

export const text = (words: string): Uint8Array => Buffer.from(words);
