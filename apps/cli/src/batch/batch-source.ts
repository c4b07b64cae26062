import type { BatchRows, Rejected } from '../domain/batch-rows.js';
import type { InputColumn } from '../domain/batch-plan.js';

/** How far an input was read. */
export interface Position {
  rows: number;
  /** Of the last row, where the input is ordered by a key. */
  lastKey?: string | undefined;
}

/** Some rows, and how far the input is read with them. */
export interface Read {
  rows: BatchRows;
  position: Position;
}

/** Rows in an order that does not change, so that reading goes on where it ended. */
export interface BatchSource {
  /** What tells this input from another; the same for the same rows. */
  identity: string;
  columns: readonly string[];
  /** Rows from the start; takes as long as counting them. */
  count(): Promise<number>;
  read(columns: readonly InputColumn[], from: Position, rowsAtATime: number): AsyncIterable<Read>;
  /** Lines that are no rows; known once everything was read. */
  brokenLines(): Promise<Rejected[]>;
  close(): Promise<void>;
}
