import type { EventBatch, EventConsumer, EventRecord, Topic } from '@vinaigrette/event-log';
import type { Archive } from './archive.js';
import { archiveRow } from './domain/archive-row.js';
import type { KnownVersions } from './known-versions.js';

/** Records of one partition that wait to be written together. */
interface Waiting {
  topic: Topic;
  partition: string;
  records: EventRecord[];
  sinceMs: number;
}

export interface ArchivePace {
  /** So many records of a partition are written at once ... */
  recordsMax: number;
  /** ... or what there is after so long. */
  ageMsMax: number;
}

/** Takes what the event log brings, a second time and with a place of its own, into the archive. */
export class ArchiveEvents implements EventConsumer {
  private readonly waiting = new Map<string, Waiting>();
  /** One write at a time, whoever asks. */
  private last: Promise<unknown> = Promise.resolve();

  constructor(
    private readonly archive: Archive,
    private readonly known: KnownVersions,
    private readonly pace: ArchivePace,
    private readonly now: () => number,
  ) {}

  async next(topic: Topic, partition: string): Promise<bigint> {
    const kept = await this.archive.next(topic, partition);
    const waits = this.waiting.get(`${topic}/${partition}`)?.records.at(-1);
    return waits && waits.offset >= kept ? waits.offset + 1n : kept;
  }

  async consume({ topic, partition, records }: EventBatch): Promise<void> {
    const key = `${topic}/${partition}`;
    // What could not be written yet is not added to without end: the log keeps the rest.
    if ((this.waiting.get(key)?.records.length ?? 0) >= this.pace.recordsMax) await this.write(key);
    const waiting = this.waiting.get(key) ?? { topic, partition, records: [], sinceMs: this.now() };
    const last = waiting.records.at(-1)?.offset ?? -1n;
    waiting.records.push(...records.filter(({ offset }) => offset > last));
    this.waiting.set(key, waiting);
  }

  /** Writes what has waited long enough; everything when `all`. */
  async flush(all = false): Promise<void> {
    for (const [key, { records, sinceMs }] of this.waiting) {
      const { recordsMax, ageMsMax } = this.pace;
      if (all || records.length >= recordsMax || this.now() - sinceMs >= ageMsMax) await this.write(key);
    }
  }

  private write(key: string): Promise<void> {
    const done = this.last.then(async () => {
      const waiting = this.waiting.get(key);
      if (!waiting) return;
      const records = [...waiting.records];
      await this.archive.keep(waiting, records, (record) => this.rowOf(waiting.topic, record));
      // More may have come meanwhile.
      const rest = waiting.records.slice(records.length);
      if (rest.length > 0) this.waiting.set(key, { ...waiting, records: rest, sinceMs: this.now() });
      else this.waiting.delete(key);
    });
    this.last = done.catch(() => undefined);
    return done;
  }

  private rowOf(topic: Topic, record: EventRecord) {
    const schemaOf = (model: string, version: number, schemaId: string) => {
      const known = this.known.of(model, version);
      return known?.schemaId === schemaId ? known.schema : undefined;
    };
    return archiveRow(topic, record, schemaOf, this.now());
  }
}
