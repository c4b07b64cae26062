import {
  BadRow,
  numberOf,
  readTable,
  timeOf,
  type Intake,
  type TableReader,
  type TableSource,
} from '@vinaigrette/tables';
import type { SalesLine } from '../domain/cleaning.js';

/** A line as UCI's Online Retail writes it; other columns are ignored, local times are read as UTC. */
const reader: TableReader<SalesLine> = {
  columns: ['InvoiceNo', 'StockCode', 'Quantity', 'InvoiceDate', 'UnitPrice'],
  parse([invoice = '', sku = '', pieces = '', date = '', price = ''], line) {
    const [quantity, soldAtMs, unitPrice] = [numberOf(pieces), timeOf(date), numberOf(price)];
    if (quantity === undefined) return new BadRow('Quantity is no number', pieces);
    if (soldAtMs === undefined) return new BadRow('InvoiceDate is no moment', date);
    if (unitPrice === undefined) return new BadRow('UnitPrice is no number', price);
    return { line, invoice, sku, quantity, soldAtMs, unitPrice };
  },
};

/** The lines of a table with these columns, in its order, some thousands at a time. */
export const readOnlineRetail = (source: TableSource, intake: Intake): AsyncGenerator<SalesLine[]> =>
  readTable(source, reader, intake);
