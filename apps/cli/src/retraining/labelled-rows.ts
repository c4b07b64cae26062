import type { DuckDBConnection, Json } from '@duckdb/node-api';
import { withArchive } from '../adapters/archive.js';

/** Half-open, event time of the prediction, in milliseconds since the epoch. */
export interface Range {
  fromMs: number;
  toMs: number;
}

export interface Span {
  oldestMs: number;
  newestMs: number;
}

/** What the archive holds of a model's predictions that are labelled by outcomes of one kind. */
export class LabelledRows {
  constructor(
    private readonly monitorUrl: string,
    private readonly model: string,
    private readonly outcomeKind: string,
    /** Parquet files with the predictions that versions are judged on, and nothing is to learn from. */
    private readonly reserved: readonly string[],
  ) {}

  /** undefined: none is labelled. */
  async span(): Promise<Span | undefined> {
    const [row] = await this.rows<{ oldest: string | null; newest: string | null }>(
      'SELECT epoch_ms(min(occurred_at)) AS oldest, epoch_ms(max(occurred_at)) AS newest FROM labelled',
    );
    if (!row || row.oldest === null) return undefined;
    return { oldestMs: Number(row.oldest), newestMs: Number(row.newest) };
  }

  /** How many there are, and how many of them were made for the holdout. */
  async count(range: Range): Promise<{ all: number; holdout: number }> {
    const [row] = await this.rows<{ all: string; holdout: string }>(
      `SELECT count(*) AS all, count(*) FILTER (variant = 'holdout') AS holdout FROM ${within(range)}`,
    );
    return { all: Number(row?.all), holdout: Number(row?.holdout) };
  }

  /** Writes the answer of a query into a CSV; `rows` makes it of the name of the relation of the range's rows. */
  async export(file: string, range: Range & { holdoutOnly: boolean }, query: (rows: string) => string): Promise<void> {
    const sql = query(within(range, range.holdoutOnly));
    await this.with((connection) => connection.run(`COPY (${sql}) TO ${quoted(file)} (FORMAT csv, HEADER)`));
  }

  /** The answer of a query over the rows of a range. */
  async ask<Row>(range: Range, query: (rows: string) => string): Promise<Row[]> {
    return this.rows<Row>(query(within(range)));
  }

  private async rows<Row>(sql: string): Promise<Row[]> {
    return this.with(async (connection) => {
      const reader = await connection.runAndReadAll(sql);
      return reader.getRowObjectsJson() as Record<string, Json>[] as Row[];
    });
  }

  private withoutReserved(): string {
    if (this.reserved.length === 0) return '';
    return ` ANTI JOIN read_parquet([${this.reserved.map(quoted).join(', ')}]) USING (prediction_id)`;
  }

  /** A prediction is there once, with the first outcome that labels it. */
  private with<Answer>(work: (connection: DuckDBConnection) => Promise<Answer>): Promise<Answer> {
    return withArchive(this.monitorUrl, async (connection) => {
      await connection.run(`
        CREATE TEMP VIEW labelled AS
        SELECT p.prediction_id, p.occurred_at, p.variant, p.logged::JSON AS logged, o.skus, o.number FROM (
          SELECT * FROM predictions WHERE model = ${quoted(this.model)} AND status <> 'shadow' AND logged IS NOT NULL
          QUALIFY row_number() OVER (PARTITION BY prediction_id ORDER BY gateway, sequence) = 1) p
        JOIN (SELECT * FROM outcomes WHERE kind = ${quoted(this.outcomeKind)}
          QUALIFY row_number() OVER (PARTITION BY prediction_id ORDER BY occurred_at, gateway, sequence) = 1) o
        USING (prediction_id)${this.withoutReserved()}`);
      return work(connection);
    });
  }
}

function within({ fromMs, toMs }: Range, holdoutOnly = false): string {
  const only = holdoutOnly ? ` AND variant = 'holdout'` : '';
  return `(FROM labelled WHERE epoch_ms(occurred_at) >= ${fromMs} AND epoch_ms(occurred_at) < ${toMs}${only})`;
}

const quoted = (text: string): string => `'${text.replaceAll("'", "''")}'`;
