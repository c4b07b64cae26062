import { Problem } from '@vinaigrette/problems';
import { queryCsv } from '@vinaigrette/training';
import type { CustomerRow, SegmentationName } from '../domain/segmentation.js';

export interface Customers {
  /** In the order of their ids. */
  rows: CustomerRow[];
  /** Lines of the file, and those that tell of no customer: no id, cancelled, returned, given away. */
  lines: number;
  leftOut: number;
  /** The moment recency is counted from; null where nothing is. */
  asOf: string | null;
}

type Reader = (input: string, asOf: string | undefined) => Promise<Customers>;

/** Who reads the customers of each segmentation. Each throws FILE_UNREADABLE or TRAINING_DATA_INVALID. */
export const customerReaders: Record<SegmentationName, Reader> = { rfm: readSales, demographic: readPeople };

/** One line a customer: `Annual Income (k$)` and `Spending Score (1-100)`; an empty field is unknown. */
async function readPeople(input: string): Promise<Customers> {
  const columns = ['CustomerID', 'Annual Income (k$)', 'Spending Score (1-100)'];
  const [, income, score] = columns.map((name) => `"${name}"`);
  const answer = await queryCsv({
    path: input,
    columns,
    sql: `SELECT row_number() OVER () + 1, try_cast(${income} AS DOUBLE), try_cast(${score} AS DOUBLE),
      CASE WHEN trim(coalesce(${income}, '')) <> '' AND NOT coalesce(isfinite(try_cast(${income} AS DOUBLE)), false) THEN ${income}
           WHEN trim(coalesce(${score}, '')) <> '' AND NOT coalesce(isfinite(try_cast(${score} AS DOUBLE)), false) THEN ${score} END
      FROM lines ORDER BY CustomerID`,
  });
  const wrong = answer.find(([, , , text]) => text !== null);
  if (wrong) {
    const record = `record ${String(wrong[0])}`;
    throw new Problem('TRAINING_DATA_INVALID', `${input}, ${record} holds ${String(wrong[3])}, which is no number`, {
      field: record,
    });
  }
  const rows = answer.map(([, ...values]) => values.slice(0, 2).map((value) => (value as number | null) ?? NaN));
  return { rows, lines: rows.length, leftOut: 0, asOf: null };
}

/**
 * Recency (whole days from the last order to `asOf`), orders and what was spent, from sales lines with the columns of
 * UCI's Online Retail. Lines of no customer, cancelled invoices, returns and giveaways are left out and counted. Without
 * `asOf` it is the midnight after the last sale; with it, later sales are not seen.
 */
async function readSales(input: string, asOf: string | undefined): Promise<Customers> {
  const columns = ['InvoiceNo', 'Quantity', 'InvoiceDate', 'UnitPrice', 'CustomerID'];
  const until = asOf === undefined ? 'NULL' : `TIMESTAMP '${asOf.slice(0, 10)}'`;
  const answer = await queryCsv({
    path: input,
    columns,
    sql: `, sales AS (
        SELECT trim(CustomerID) AS customer, InvoiceNo AS invoice, try_cast(InvoiceDate AS TIMESTAMP) AS soldAt,
          try_cast(Quantity AS DOUBLE) AS pieces, try_cast(UnitPrice AS DOUBLE) AS price FROM lines),
      moment AS (SELECT coalesce(${until}, date_trunc('day', max(soldAt)) + INTERVAL 1 DAY) AS until FROM sales),
      kept AS (
        SELECT * FROM sales, moment
        WHERE customer <> '' AND NOT starts_with(invoice, 'C') AND pieces > 0 AND price > 0 AND soldAt < until
          AND isfinite(pieces) AND isfinite(price))
      SELECT CAST(date_diff('day', max(soldAt), max(until)) AS DOUBLE), CAST(count(DISTINCT invoice) AS DOUBLE),
        sum(pieces * price ORDER BY soldAt, invoice), (SELECT CAST(count(*) AS DOUBLE) FROM sales),
        (SELECT CAST(count(*) AS DOUBLE) FROM kept), strftime(max(until), '%Y-%m-%d')
      FROM kept GROUP BY customer ORDER BY customer`,
  });
  const [first] = answer;
  if (!first)
    throw new Problem('TRAINING_DATA_INVALID', `No line of ${input} tells what a customer bought`, { field: 'input' });
  const [lines, kept, moment] = first.slice(3) as [number, number, string];
  return { rows: answer.map((row) => row.slice(0, 3) as number[]), lines, leftOut: lines - kept, asOf: moment };
}
