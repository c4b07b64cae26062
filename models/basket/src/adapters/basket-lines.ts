import { readLines, type Intake, type Lines, type TableSource } from '@vinaigrette/tables';
import type { SalesLine } from '../domain/cleaning.js';

/**
 * A basket a line, items separated by commas; the basket's id is the number of its line. Items are trimmed: some files
 * write `cream cheese ` with a blank. Prices and dates are unknown. A line of no text is rejected.
 */
export async function* readBasketLines({ input }: TableSource, intake: Intake): AsyncGenerator<Iterable<SalesLine>> {
  for await (const lines of readLines(input, intake)) yield salesIn(lines, intake);
}

/** One after another, so that no more than one is ever held. */
function* salesIn({ first, texts }: Lines, intake: Intake): Generator<SalesLine> {
  for (const [at, text] of texts.entries()) {
    const line = first + at;
    if (text.trim() === '') continue;
    if (text.includes('\0')) {
      intake.reject(line, 'bytes of no text', text);
      continue;
    }
    intake.use(1);
    const invoice = String(line);
    for (const item of text.split(',')) {
      yield { line, invoice, sku: item.trim(), quantity: 1, unitPrice: undefined, soldAtMs: undefined };
    }
  }
}
