import {
  BadRow,
  numberOf,
  readTable,
  readWholeTable,
  timeOf,
  type Intake,
  type TableReader,
  type TableSource,
} from '@vinaigrette/tables';
import { PurchaseHistories, type SalesLine } from '../domain/purchase-histories.js';
import type { CustomerRow, SegmentationName } from '../domain/segmentation.js';

export interface Customers {
  /** In the order of their ids. */
  rows: CustomerRow[];
  /** Lines that were read, and those that tell of no customer: no id, cancelled, returned, given away. */
  lines: number;
  leftOut: number;
  /** The day recency is counted from; null where nothing is. */
  asOf: string | null;
}

type Reader = (source: TableSource, asOf: string | undefined, intake: Intake) => Promise<Customers>;

/** Who reads the customers of each segmentation. Each throws what `readTable` throws. */
export const customerReaders: Record<SegmentationName, Reader> = { rfm: readSales, demographic: readPeople };

interface Person {
  id: string;
  values: CustomerRow;
}

/** A customer a row; an empty field is unknown. */
const people: TableReader<Person> = {
  columns: ['CustomerID', 'Annual Income (k$)', 'Spending Score (1-100)'],
  parse([id = '', ...texts]) {
    if (id === '') return new BadRow('CustomerID is missing', '');
    const values = texts.map((text) => (text === '' ? NaN : numberOf(text)));
    const wrong = values.indexOf(undefined);
    if (wrong >= 0) return new BadRow(`${people.columns[wrong + 1]} is no number`, texts[wrong] as string);
    return { id, values: values as number[] };
  },
  noticeRepeats: true,
};

async function readPeople(source: TableSource, _: string | undefined, intake: Intake): Promise<Customers> {
  const rows = await readWholeTable(source, people, intake);
  const byId = rows.sort((a, b) => (a.id < b.id ? -1 : a.id > b.id ? 1 : 0));
  return { rows: byId.map(({ values }) => values), lines: rows.length, leftOut: 0, asOf: null };
}

/** Sales lines with the columns of UCI's Online Retail, of which a cancelled or unsold one may lack its customer. */
const sales: TableReader<SalesLine> = {
  columns: ['InvoiceNo', 'Quantity', 'InvoiceDate', 'UnitPrice', 'CustomerID'],
  parse([invoice = '', quantity = '', date = '', unitPrice = '', customer = '']) {
    const [pieces, soldAtMs, price] = [numberOf(quantity), timeOf(date), numberOf(unitPrice)];
    if (pieces === undefined) return new BadRow('Quantity is no number', quantity);
    if (soldAtMs === undefined) return new BadRow('InvoiceDate is no moment', date);
    if (price === undefined) return new BadRow('UnitPrice is no number', unitPrice);
    return { invoice, customer: customerId(customer), pieces, price, soldAtMs };
  },
};

/** Spreadsheets write the number of a customer as `17850.0`, databases as `17850`. */
const customerId = (text: string): string => text.replace(/^(\d+)\.0$/, '$1');

/**
 * Recency, orders and what was spent, from sales. Without `asOf` recency is counted from the midnight after the last
 * sale; with it, later sales are not seen.
 */
async function readSales(source: TableSource, asOf: string | undefined, intake: Intake): Promise<Customers> {
  const histories = new PurchaseHistories(asOf === undefined ? undefined : timeOf(asOf));
  for await (const lines of readTable(source, sales, intake)) for (const line of lines) histories.add(line);
  const { rows, asOfMs } = histories.finish();
  const { lines, leftOut } = histories;
  return { rows, lines, leftOut, asOf: rows.length === 0 ? null : new Date(asOfMs).toISOString().slice(0, 10) };
}
