import type { EventBatch, EventRecord, Topic } from '@vinaigrette/event-log';
import type { KnownVersion } from './domain/known-version.js';
import type { Verdict } from './domain/read-record.js';

/** A record and what becomes of it. */
export type Entry = EventRecord & { verdict: Verdict };

export interface Applied {
  /** What was counted now, for the first time. */
  fresh: Entry[];
  /** How many were dropped because they had been counted before. */
  duplicates: number;
}

/** The data themselves cannot be stored, now or ever: trying again is no use. */
export class DataRefused extends Error {}

/** Where counting is written down, once. */
export abstract class Ledger {
  /** The first offset that was not counted yet. */
  abstract next(topic: Topic, partition: string): Promise<bigint>;
  /** Counts what is fresh and moves the position, both or neither. */
  abstract apply(source: Pick<EventBatch, 'topic' | 'partition'>, entries: readonly Entry[]): Promise<Applied>;
  /** Which versions parked records wait for. */
  abstract parkedVersions(): Promise<{ model: string; version: number; schemaId: string; records: number }[]>;
  /**
   * Counts the parked records of a version that has become known, some thousand at a time; how many there were.
   * `read` judges a body again.
   */
  abstract unpark(known: KnownVersion, read: (body: Uint8Array) => Verdict): Promise<Entry[]>;
  /** Deletes all dead letters but the newest so many. */
  abstract forgetDeadLetters(kept: number): Promise<void>;
}
