import type { EventRecord, Topic } from '@vinaigrette/event-log';
import type { ArchiveRow } from './domain/archive-row.js';

/** A value that DuckDB answers with. */
export type Answer = string | number | bigint | boolean | null | Answer[];

/** Every prediction and outcome, for as long as they are kept: by day, in files that anybody can read. */
export abstract class Archive {
  /** The first offset that is not kept yet. */
  abstract next(topic: Topic, partition: string): Promise<bigint>;
  /**
   * Keeps what was not kept yet, and moves the position, both or neither; how many rows were written. `rowOf` answers
   * undefined for a record that is no record.
   */
  abstract keep(
    source: { topic: Topic; partition: string },
    records: readonly EventRecord[],
    rowOf: (record: EventRecord) => ArchiveRow | undefined,
  ): Promise<number>;
  /** Keeps rows that come from nobody's log. */
  abstract add(topic: Topic, rows: readonly ArchiveRow[]): Promise<void>;
  /**
   * Asks the tables `predictions` and `outcomes` (each outcome once) in SQL. Only files with a day in the range are
   * looked into; outcomes from its first day on. Values are bound to $1, $2 ...
   */
  abstract ask<Row extends Record<string, Answer>>(
    sql: string,
    values?: (string | number | string[])[],
    range?: { fromMs: number; toMs: number },
  ): Promise<Row[]>;
  /** The files of the archive, absolute. */
  abstract files(): Promise<{ topic: Topic; day: string; path: string; rows: number }[]>;
  /** Deletes whole days before the one given, "2026-11-21"; how many files. */
  abstract forget(beforeDay: string): Promise<number>;
  /** Takes a unit's predictions, and what became of them, out of every file; how many rows went. */
  abstract erase(unit: string, nowMs: number): Promise<number>;
  /** Writes the files of one topic and day into one. */
  abstract merge(topic: Topic, day: string): Promise<void>;
  /** Ends what a process that was killed had begun. */
  abstract recover(): Promise<void>;
}
