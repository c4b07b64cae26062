import { Problem } from '@vinaigrette/problems';
import { Intake, takeIn, timeOf, type TableSource } from '@vinaigrette/tables';
import type { Basket } from '../domain/basket.js';
import type { Baskets } from '../domain/baskets.js';
import type { Policy, SalesLine } from '../domain/cleaning.js';
import { BasketGatherer, type CleaningReport } from '../domain/gather-baskets.js';
import { isWindowLength, midnightAfter, windowStart, type SalesWindow } from '../domain/sales-window.js';
import { readBasketLines } from './basket-lines.js';
import { readOnlineRetail } from './online-retail.js';

/** How sales are written, and who reads them, some lines at a time. */
const readers = {
  /** The columns of UCI's Online Retail. */
  'online-retail': readOnlineRetail,
  /** A text file, plain or .gz, of a basket a line: items separated by commas, no header. */
  'basket-lines': readBasketLines,
} as const satisfies Record<string, (source: TableSource, intake: Intake) => AsyncIterable<Iterable<SalesLine>>>;
export type SalesFormat = keyof typeof readers;
export const salesFormats = Object.keys(readers) as [SalesFormat, ...SalesFormat[]];

export interface SalesChoice {
  format: SalesFormat;
  policy: Policy;
  /** Half-open window of sale times as ISO 8601 (`2011-01-01` or with a time), UTC unless it says otherwise. */
  from?: string | undefined;
  to?: string | undefined;
  /** In place of `from`: how long before `to` it begins, `6M`, `12W` or `30D`; without `to` it ends with the last sale. */
  window?: string | undefined;
}

export interface Sales {
  baskets: Baskets;
  report: CleaningReport;
  /** The window that was meant, ISO 8601; null where it is open. */
  window: { from: string | null; to: string | null };
}

/**
 * The baskets of sales, cleaned by the policy, in their order, and what became of every line. The source is streamed:
 * memory grows with what goes into baskets, twelve bytes a line. Throws what `readTable` throws, or
 * TRAINING_OPTION_INVALID for a window that is none.
 */
export async function gatherSales(source: TableSource, choice: SalesChoice, intake: Intake): Promise<Sales> {
  const window = await windowOf(source, choice);
  const gatherer = new BasketGatherer(choice.policy, window);
  for await (const lines of readers[choice.format](source, intake)) for (const line of lines) gatherer.add(line);
  const { fromMs, toMs } = window;
  return { ...gatherer.finish(), window: { from: isoOrNull(fromMs), to: isoOrNull(toMs) } };
}

/** The same for whoever trains nothing; with more bad lines than usual it throws BAD_LINES_TOO_MANY. */
export async function readSales(source: TableSource & SalesChoice): Promise<Sales> {
  const { data } = await takeIn(source.input, {}, (intake) => gatherSales(source, source, intake));
  return data;
}

/** And with an object a basket, for whoever has few. */
export async function readBaskets(
  source: TableSource & SalesChoice,
): Promise<Omit<Sales, 'baskets'> & { baskets: Basket[] }> {
  const { baskets, ...sales } = await readSales(source);
  return { ...sales, baskets: [...baskets] };
}

async function windowOf(source: TableSource, { format, from, to, window }: SalesChoice): Promise<SalesWindow> {
  const asked = Object.entries({ from, to, window }).find(([, text]) => text !== undefined);
  if (format === 'basket-lines' && asked) {
    const [field] = asked;
    const message = 'basket-lines has no dates to choose from: leave from, to and window out';
    throw new Problem('TRAINING_OPTION_INVALID', message, { field });
  }
  let [fromMs, toMs] = [dateOf('from', from), dateOf('to', to)];
  if (window !== undefined) {
    if (from !== undefined || !isWindowLength(window)) {
      const message = `window is a length such as 6M, 12W or 30D, in place of from: ${window}`;
      throw new Problem('TRAINING_OPTION_INVALID', message, { field: 'window' });
    }
    toMs ??= midnightAfter(await lastSaleMs(source));
    fromMs = windowStart(window, toMs);
  }
  if (fromMs !== undefined && toMs !== undefined && fromMs >= toMs) {
    throw new Problem('TRAINING_OPTION_INVALID', `from (${from}) is not before to (${to})`, { field: 'from' });
  }
  return { fromMs, toMs };
}

/** Reads everything once to learn it: what is streamed has no end to look at first. */
async function lastSaleMs(source: TableSource): Promise<number> {
  let last = -Infinity;
  for await (const lines of readOnlineRetail(source, new Intake())) {
    for (const { soldAtMs = -Infinity } of lines) if (soldAtMs > last) last = soldAtMs;
  }
  if (last === -Infinity) throw new Problem('SALES_INVALID', `${source.input} holds no sale`, { field: 'input' });
  return last;
}

function dateOf(field: 'from' | 'to', text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const ms = timeOf(text);
  if (ms === undefined) {
    throw new Problem('TRAINING_OPTION_INVALID', `${field} is no ISO 8601 date: ${text}`, { field });
  }
  return ms;
}

const isoOrNull = (ms: number | undefined): string | null => (ms === undefined ? null : new Date(ms).toISOString());
