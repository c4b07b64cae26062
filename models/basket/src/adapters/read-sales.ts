import { access, constants } from 'node:fs/promises';
import { Problem } from '@vinaigrette/problems';
import type { Basket } from '../domain/basket.js';
import type { Policy, SalesLine } from '../domain/cleaning.js';
import { BasketGatherer, type CleaningReport } from '../domain/gather-baskets.js';
import { readBasketLines } from './basket-lines.js';
import { readOnlineRetail } from './online-retail.js';

/** How a sales file is written, and who reads it, some lines at a time. */
const readers = {
  /** CSV with the columns of UCI's Online Retail, plain or .gz. */
  'online-retail': readOnlineRetail,
  /** A basket a line, items separated by commas, no header, plain or .gz. */
  'basket-lines': readBasketLines,
} as const satisfies Record<string, (path: string) => AsyncIterable<SalesLine[]>>;
export type SalesFormat = keyof typeof readers;
export const salesFormats = Object.keys(readers) as SalesFormat[];

export interface SalesSource {
  /** Path of the file. */
  input: string;
  format: SalesFormat;
  policy: Policy;
  /** Half-open window of sale times as ISO 8601 (`2011-01-01` or with a time), UTC unless it says otherwise. */
  from?: string | undefined;
  to?: string | undefined;
}

/**
 * The baskets of a sales file, cleaned by the policy, in the order of the file, and what became of every line. The file
 * is streamed: memory grows with the baskets, not with the file.
 * Throws SALES_NOT_FOUND, SALES_INVALID (naming the line), or TRAINING_OPTION_INVALID for a window that is none.
 */
export async function readBaskets(source: SalesSource): Promise<{ baskets: Basket[]; report: CleaningReport }> {
  const [fromMs, toMs] = [dateOf('from', source.from), dateOf('to', source.to)];
  if (fromMs !== undefined && toMs !== undefined && fromMs >= toMs) {
    throw new Problem('TRAINING_OPTION_INVALID', `from (${source.from}) is not before to (${source.to})`, {
      field: 'from',
    });
  }
  if (source.format === 'basket-lines' && (fromMs ?? toMs) !== undefined) {
    const message = 'basket-lines has no dates to choose from: leave from and to out';
    throw new Problem('TRAINING_OPTION_INVALID', message, { field: fromMs === undefined ? 'to' : 'from' });
  }
  await access(source.input, constants.R_OK).catch((cause) => {
    throw new Problem('SALES_NOT_FOUND', `${source.input} cannot be read`, { field: 'input', cause });
  });
  const gatherer = new BasketGatherer(source.policy, { fromMs, toMs });
  for await (const lines of readers[source.format](source.input)) {
    for (const line of lines) gatherer.add(line);
  }
  return gatherer.finish();
}

/** Dates without a time, and times without a zone, are UTC. */
function dateOf(field: 'from' | 'to', text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const zoned = /T.*(Z|[+-]\d\d:?\d\d)$/.test(text) || !text.includes('T') ? text : `${text}Z`;
  const ms = /^\d{4}-\d\d-\d\d(T|$)/.test(text) ? Date.parse(zoned) : NaN;
  if (Number.isNaN(ms)) {
    throw new Problem('TRAINING_OPTION_INVALID', `${field} is no ISO 8601 date: ${text}`, { field });
  }
  return ms;
}
