import type { EventBatch, EventConsumer, EventRecord, Topic } from '@vinaigrette/event-log';
import { readOutcome, readPrediction, type Verdict } from './domain/read-record.js';
import type { KnownVersions } from './known-versions.js';
import { DataRefused, type Entry, type Ledger } from './ledger.js';
import type { MonitorMetrics } from './metrics.js';

/** Takes what the event log brings, judges each record, and has it counted once. */
export class CountEvents implements EventConsumer {
  constructor(
    private readonly ledger: Ledger,
    private readonly known: KnownVersions,
    private readonly metrics: MonitorMetrics,
    private readonly now: () => number,
  ) {}

  next(topic: Topic, partition: string): Promise<bigint> {
    return this.ledger.next(topic, partition);
  }

  async consume(batch: EventBatch): Promise<void> {
    const entries = batch.records.map((record) => ({ ...record, verdict: this.read(batch.topic, record) }));
    try {
      await this.apply(batch, entries);
    } catch (error) {
      if (!(error instanceof DataRefused)) throw error;
      await this.applyOneByOne(batch, entries);
    }
  }

  /** What becomes of a body; also asked of parked ones, once more. */
  read(topic: Topic, { body }: Pick<EventRecord, 'body'>): Verdict {
    if (topic === 'outcomes') return readOutcome(body, this.now());
    return readPrediction(body, (model, version) => this.known.of(model, version), this.now());
  }

  /** The database refuses something in the batch for ever: that record is set aside, the others are counted. */
  private async applyOneByOne(batch: EventBatch, entries: readonly Entry[]): Promise<void> {
    for (const entry of entries) {
      try {
        await this.apply(batch, [entry]);
      } catch (error) {
        if (!(error instanceof DataRefused)) throw error;
        await this.apply(batch, [{ ...entry, verdict: { kind: 'dead', reason: 'not-storable', why: error.message } }]);
      }
    }
  }

  private async apply(batch: EventBatch, entries: readonly Entry[]): Promise<void> {
    const { fresh, duplicates } = await this.ledger.apply(batch, entries);
    this.metrics.duplicates.inc({ topic: batch.topic }, duplicates);
    this.metrics.countEntries(batch.topic, fresh, this.now());
  }
}
