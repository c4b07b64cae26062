import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';
import { createGunzip } from 'node:zlib';
import { Problem } from '@vinaigrette/problems';
import type { SalesLine } from '../domain/cleaning.js';

/**
 * A basket a line, items separated by commas; the basket's id is the number of its line. Items are trimmed: some files
 * write `cream cheese ` with a blank. Prices and dates are unknown.
 */
export async function* readBasketLines(path: string): AsyncGenerator<SalesLine[]> {
  const file = createReadStream(path);
  const bytes = path.endsWith('.gz') ? file.pipe(createGunzip()) : file;
  file.on('error', (error) => bytes.destroy(error));
  bytes.setEncoding('utf8');
  let number = 0;
  try {
    for await (const line of createInterface({ input: bytes, crlfDelay: Infinity })) {
      number++;
      if (line.includes('\ufffd')) {
        throw new Problem('SALES_INVALID', `Line ${number} of ${path} is not UTF-8 text`, { field: `line ${number}` });
      }
      if (line.trim() === '') continue;
      const sale = { invoice: String(number), quantity: 1, unitPrice: undefined, soldAtMs: undefined };
      yield line.split(',').map((item) => ({ ...sale, sku: item.trim() }));
    }
  } catch (cause) {
    if (cause instanceof Problem) throw cause;
    throw new Problem('SALES_INVALID', `${path} cannot be read after line ${number}: ${(cause as Error).message}`, {
      cause,
    });
  }
}
