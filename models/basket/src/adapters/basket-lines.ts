import { readLines, type Intake, type TableSource } from '@vinaigrette/tables';
import type { SalesLine } from '../domain/cleaning.js';

/**
 * A basket a line, items separated by commas; the basket's id is the number of its line. Items are trimmed: some files
 * write `cream cheese ` with a blank. Prices and dates are unknown. A line of no text is rejected.
 */
export async function* readBasketLines({ input }: TableSource, intake: Intake): AsyncGenerator<SalesLine[]> {
  for await (const { first, texts } of readLines(input, intake)) {
    const sales: SalesLine[] = [];
    for (const [at, text] of texts.entries()) {
      const line = first + at;
      if (text.trim() === '') continue;
      if (text.includes('\0')) {
        intake.reject(line, 'bytes of no text', text);
        continue;
      }
      intake.use(1);
      const sale = { line, invoice: String(line), quantity: 1, unitPrice: undefined, soldAtMs: undefined };
      for (const item of text.split(',')) sales.push({ ...sale, sku: item.trim() });
    }
    yield sales;
  }
}
