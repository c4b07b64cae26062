import type { CustomerRow } from './segmentation.js';

const DAY_MS = 86_400_000;

/** One line of an invoice. */
export interface SalesLine {
  /** A leading C cancels. */
  invoice: string;
  /** "": nobody knows who bought. */
  customer: string;
  /** Pieces; zero or fewer: they came back. */
  pieces: number;
  /** Of a piece; zero or less: a giveaway or a correction. */
  price: number;
  /** Milliseconds since the epoch, UTC. */
  soldAtMs: number;
}

interface History {
  lastMs: number;
  invoices: Set<string>;
  amounts: number[];
}

/**
 * What customers bought: recency (whole days from the last order to a moment), orders, and what was spent. Lines that
 * tell of no purchase of a customer - nobody's, cancelled, returned, given away - and those at or after the moment are
 * counted and left out. The order of the lines does not matter.
 */
export class PurchaseHistories {
  private readonly histories = new Map<string, History>();
  private lastSaleMs = -Infinity;
  lines = 0;
  leftOut = 0;

  /** @param asOfMs the moment recency is counted from; absent: the midnight after the last line */
  constructor(private readonly asOfMs?: number) {}

  add({ invoice, customer, pieces, price, soldAtMs }: SalesLine): void {
    this.lines++;
    if (soldAtMs > this.lastSaleMs) this.lastSaleMs = soldAtMs;
    const isLate = this.asOfMs !== undefined && soldAtMs >= this.asOfMs;
    if (customer === '' || invoice.startsWith('C') || pieces <= 0 || price <= 0 || isLate) {
      this.leftOut++;
      return;
    }
    let history = this.histories.get(customer);
    if (!history) this.histories.set(customer, (history = { lastMs: -Infinity, invoices: new Set(), amounts: [] }));
    history.lastMs = Math.max(history.lastMs, soldAtMs);
    history.invoices.add(invoice);
    history.amounts.push(pieces * price);
  }

  /** A row a customer - recency, orders, spent - in the order of their ids; and the moment, an absent one being found. */
  finish(): { rows: CustomerRow[]; asOfMs: number } {
    const asOfMs = this.asOfMs ?? (Math.floor(this.lastSaleMs / DAY_MS) + 1) * DAY_MS;
    const ids = [...this.histories.keys()].sort((a, b) => (a < b ? -1 : 1));
    const rows = ids.map((id) => {
      const { lastMs, invoices, amounts } = this.histories.get(id) as History;
      // Days as calendars count them: yesterday evening is one day ago. Sums are taken by size, so that order is nothing.
      const recencyDays = Math.floor(asOfMs / DAY_MS) - Math.floor(lastMs / DAY_MS);
      const spent = amounts.sort((a, b) => a - b).reduce((sum, amount) => sum + amount, 0);
      return [recencyDays, invoices.size, spent];
    });
    return { rows, asOfMs };
  }
}
