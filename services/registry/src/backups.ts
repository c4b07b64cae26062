/** Some rows of a table, each as the JSON that PostgreSQL writes of it. */
export interface TableRows {
  table: string;
  rowsJson: string[];
}

/** Everything the registry knows, as rows. */
export abstract class Backups {
  /** The form of the tables: what was done to them, in order. */
  abstract form(): Promise<string[]>;
  /** Every row, as of one moment. */
  abstract read(): AsyncIterable<TableRows>;
  /**
   * Puts rows into an empty registry, all or none, and answers how many. Throws REGISTRY_NOT_EMPTY, BACKUP_INVALID, and
   * what `check` throws, which is asked at the end with what the rows need.
   */
  abstract restore(rows: AsyncIterable<TableRows>, check: (sha256s: string[]) => Promise<void>): Promise<number>;
}
