import { createWriteStream } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { Problem } from '@vinaigrette/problems';
import { demoSales, type DemoLine } from './domain/demo-sales.js';

const DAY_MS = 86_400_000;

export interface DemoRequest {
  /** Path of the CSV to write; its folder is made when missing. */
  output: string;
  /** A whole number; the same seed makes the same file. */
  seed?: number | undefined;
  /** First day, `YYYY-MM-DD`. */
  from?: string | undefined;
  /** Half-open end, `YYYY-MM-DD`. */
  to?: string | undefined;
  basketsPerDay?: number | undefined;
}

export const demoDefaults = { seed: 1, from: '2026-01-01', to: '2026-07-01', basketsPerDay: 45 } as const;

/**
 * Writes the demo shop's sales - six months with planted associations, milk -> sugar at 80 % among them - as a CSV in the
 * columns of Online Retail (format `online-retail`), and answers how many lines it wrote.
 * Throws TRAINING_OPTION_INVALID naming the option.
 */
export async function generateDemoSales(request: DemoRequest): Promise<{ lines: number }> {
  const { seed = demoDefaults.seed, basketsPerDay = demoDefaults.basketsPerDay } = request;
  const fromMs = midnight('from', request.from ?? demoDefaults.from);
  const days = (midnight('to', request.to ?? demoDefaults.to) - fromMs) / DAY_MS;
  if (days < 1) throw new Problem('TRAINING_OPTION_INVALID', 'from must be a day before to', { field: 'from' });
  if (!Number.isInteger(seed))
    throw new Problem('TRAINING_OPTION_INVALID', 'seed must be a whole number', { field: 'seed' });
  if (!(basketsPerDay >= 1 && basketsPerDay <= 100_000)) {
    throw new Problem('TRAINING_OPTION_INVALID', 'basketsPerDay must lie in 1..100000', { field: 'basketsPerDay' });
  }
  let lines = 0;
  const records = function* () {
    yield 'InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country\n';
    for (const line of demoSales({ seed, fromMs, days, basketsPerDay })) {
      lines++;
      yield csvOf(line);
    }
  };
  await mkdir(dirname(request.output), { recursive: true });
  await pipeline(Readable.from(records()), createWriteStream(request.output));
  return { lines };
}

/** No value of the demo shop holds a comma or a quote. */
function csvOf({ invoice, sku, description, quantity, soldAtMs, unitPrice, customer }: DemoLine): string {
  const soldAt = new Date(soldAtMs).toISOString().slice(0, 19).replace('T', ' ');
  return `${[invoice, sku, description, quantity, soldAt, unitPrice, customer, 'Demoland'].join(',')}\n`;
}

function midnight(field: 'from' | 'to', text: string): number {
  const ms = /^\d{4}-\d\d-\d\d$/.test(text) ? Date.parse(text) : NaN;
  if (Number.isNaN(ms))
    throw new Problem('TRAINING_OPTION_INVALID', `${field} is no date YYYY-MM-DD: ${text}`, { field });
  return ms;
}
