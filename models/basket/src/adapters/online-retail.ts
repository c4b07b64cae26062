import { DuckDBInstance } from '@duckdb/node-api';
import { Problem } from '@vinaigrette/problems';
import type { SalesLine } from '../domain/cleaning.js';

const columns = ['InvoiceNo', 'StockCode', 'Quantity', 'InvoiceDate', 'UnitPrice'] as const;

/**
 * The lines of a CSV with the columns of UCI's Online Retail, in the order of the file; other columns are ignored. DuckDB
 * unpacks and parses, a couple of thousand lines at a time. Local times are read as UTC.
 */
export async function* readOnlineRetail(path: string): AsyncGenerator<SalesLine> {
  const database = await DuckDBInstance.create(':memory:', { threads: '1' });
  const connection = await database.connect();
  try {
    let number = 1; // the header
    const result = await connection.stream(query(path)).catch((cause: unknown) => refuse(path, cause));
    for (;;) {
      const chunk = await result.fetchChunk().catch((cause: unknown) => refuse(path, cause));
      if (!chunk || chunk.rowCount === 0) return;
      const [invoices, skus, quantities, times, prices, texts] = chunk.getColumns();
      for (let row = 0; row < chunk.rowCount; row++) {
        number++;
        const found = { quantity: quantities?.[row], soldAtMs: times?.[row], unitPrice: prices?.[row] };
        if (Object.values(found).some((value) => typeof value !== 'number')) {
          const [field = ''] = Object.entries(found).find(([, value]) => typeof value !== 'number') ?? [];
          throw new Problem(
            'SALES_INVALID',
            `Record ${number} of ${path} has a wrong ${columnOf[field]}: ${String(texts?.[row])}`,
            { field: `record ${number}.${columnOf[field]}` },
          );
        }
        yield {
          invoice: invoices?.[row] as string,
          sku: skus?.[row] as string,
          ...(found as { quantity: number; soldAtMs: number; unitPrice: number }),
        };
      }
    }
  } finally {
    connection.closeSync();
    database.closeSync();
  }
}

const columnOf: Record<string, (typeof columns)[number]> = {
  quantity: 'Quantity',
  soldAtMs: 'InvoiceDate',
  unitPrice: 'UnitPrice',
};

function query(path: string): string {
  const file = `'${path.replaceAll("'", "''")}'`;
  return `
    SELECT trim(coalesce(InvoiceNo, '')), trim(coalesce(StockCode, '')),
      try_cast(Quantity AS DOUBLE), try_cast(epoch_ms(try_cast(InvoiceDate AS TIMESTAMP)) AS DOUBLE),
      try_cast(UnitPrice AS DOUBLE), concat_ws(' | ', Quantity, InvoiceDate, UnitPrice)
    FROM read_csv(${file}, header = true, all_varchar = true, delim = ',', quote = '"', escape = '"')`;
}

function refuse(path: string, cause: unknown): never {
  const [why] = (cause as Error).message.split('\n');
  throw new Problem('SALES_INVALID', `${path} is no CSV with the columns ${columns.join(', ')}: ${why}`, { cause });
}
