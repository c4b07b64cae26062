import { DuckDBInstance, type DuckDBDataChunk } from '@duckdb/node-api';
import { Problem } from '@vinaigrette/problems';
import type { SalesLine } from '../domain/cleaning.js';

const columns = ['InvoiceNo', 'StockCode', 'Quantity', 'InvoiceDate', 'UnitPrice'];

/**
 * The lines of a CSV with the columns of UCI's Online Retail, in the order of the file, a couple of thousand at a time;
 * other columns are ignored. DuckDB unpacks and parses. Local times are read as UTC.
 */
export async function* readOnlineRetail(path: string): AsyncGenerator<SalesLine[]> {
  const database = await DuckDBInstance.create(':memory:', { threads: '1' });
  const connection = await database.connect();
  const refuse = (cause: unknown): never => {
    const [why] = (cause as Error).message.split('\n');
    throw new Problem('SALES_INVALID', `${path} is no CSV with the columns ${columns.join(', ')}: ${why}`, { cause });
  };
  try {
    const result = await connection.stream(queryOf(path)).catch(refuse);
    let record = 2; // the header is the first
    for (;;) {
      const chunk = await result.fetchChunk().catch(refuse);
      if (!chunk || chunk.rowCount === 0) return;
      yield linesOf(chunk, path, record);
      record += chunk.rowCount;
    }
  } finally {
    connection.closeSync();
    database.closeSync();
  }
}

/** `wrong` is the first column that does not hold what it should, with what it holds; null on every good line. */
function queryOf(path: string): string {
  return `
    SELECT trim(coalesce(InvoiceNo, '')), trim(coalesce(StockCode, '')), quantity, soldAtMs, unitPrice,
      CASE WHEN quantity IS NULL THEN 'Quantity: ' || coalesce(quantityText, '')
           WHEN soldAtMs IS NULL THEN 'InvoiceDate: ' || coalesce(InvoiceDate, '')
           WHEN unitPrice IS NULL THEN 'UnitPrice: ' || coalesce(priceText, '') END AS wrong
    FROM (
      SELECT InvoiceNo, StockCode, InvoiceDate, Quantity AS quantityText, UnitPrice AS priceText,
        ${finite('Quantity')} AS quantity, ${finite('UnitPrice')} AS unitPrice,
        try_cast(epoch_ms(try_cast(InvoiceDate AS TIMESTAMP)) AS DOUBLE) AS soldAtMs
      FROM read_csv('${path.replaceAll("'", "''")}', header = true, all_varchar = true, delim = ',', quote = '"', escape = '"'))`;
}

/** A column as a number; NULL when it is none, NaN and infinities among them. */
function finite(column: string): string {
  return `CASE WHEN isfinite(try_cast(${column} AS DOUBLE)) THEN try_cast(${column} AS DOUBLE) END`;
}

function linesOf(chunk: DuckDBDataChunk, path: string, firstRecord: number): SalesLine[] {
  const [invoices, skus, quantities, times, prices, wrongs] = chunk.getColumns() as [
    string[],
    string[],
    number[],
    number[],
    number[],
    (string | null)[],
  ];
  const bad = wrongs.findIndex((wrong) => wrong !== null);
  if (bad >= 0) {
    const record = `record ${firstRecord + bad}`;
    throw new Problem('SALES_INVALID', `${path}, ${record} has a wrong ${wrongs[bad]}`, { field: record });
  }
  return invoices.map((invoice, row) => ({
    invoice,
    sku: skus[row] as string,
    quantity: quantities[row] as number,
    soldAtMs: times[row] as number,
    unitPrice: prices[row] as number,
  }));
}
