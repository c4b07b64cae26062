import { createReadStream } from 'node:fs';
import { createGunzip } from 'node:zlib';
import { parse } from 'csv-parse/sync';
import { Problem } from '@vinaigrette/problems';
import { decodeLines, type Lines } from './decode-lines.js';
import { findColumns } from './find-columns.js';
import type { Intake } from './intake.js';
import type { TableRow } from './read-table.js';
import { splitRecords } from './split-records.js';

const CHUNK_BYTES = 1 << 18;
const DELIMITERS = [',', ';', '\t', '|'];
const DECIMAL_COMMA = /^[+-]?\d+,\d+$/;

/** The bytes of a file, unpacked when it ends in `.gz`. Throws FILE_UNREADABLE. */
async function* readBytes(path: string): AsyncGenerator<Buffer> {
  const file = createReadStream(path, { highWaterMark: CHUNK_BYTES });
  const bytes = path.endsWith('.gz') ? file.pipe(createGunzip({ chunkSize: CHUNK_BYTES })) : file;
  file.on('error', (error) => bytes.destroy(error));
  try {
    for await (const chunk of bytes as AsyncIterable<Buffer>) yield chunk;
  } catch (cause) {
    const message = `${path} cannot be read: ${(cause as Error).message}`;
    throw new Problem('FILE_UNREADABLE', message, { field: 'input', cause });
  }
}

/** The lines of a text file, plain or .gz. Throws FILE_UNREADABLE. */
export const readLines = (path: string, intake: Intake): AsyncGenerator<Lines> => decodeLines(readBytes(path), intake);

/**
 * The wanted columns of a CSV with a header, plain or .gz, separated by commas, semicolons, tabs or bars. A record with
 * more or fewer fields than the header is rejected. Behind semicolons a decimal comma is read as a point. Throws
 * FILE_UNREADABLE, or TRAINING_DATA_INVALID where a column is missing.
 */
export async function* readCsv(path: string, columns: readonly string[], intake: Intake): AsyncGenerator<TableRow[]> {
  const lines = readLines(path, intake);
  const { header, rest } = await headerOf(lines);
  const delimiter = delimiterOf(header);
  const present = (parse(header, { delimiter, relax_quotes: true })[0] ?? []).map((name) => name.trim());
  const places = findColumns(columns, present, path);
  for await (const records of splitRecords(rest, delimiter, intake)) {
    const rows: TableRow[] = [];
    for (const { line, fields } of records) {
      if (fields.length !== present.length) {
        const reason = fields.length < present.length ? 'fewer fields than the header' : 'more fields than the header';
        intake.reject(line, reason, fields.join(delimiter));
        continue;
      }
      const own = places.map((place) => (fields[place] as string).trim());
      if (delimiter === ';') pointForComma(own, line, intake);
      rows.push({ line, fields: own });
    }
    yield rows;
  }
}

/** The first line that is not empty, and the lines after it; "" of an empty file. */
async function headerOf(lines: AsyncGenerator<Lines>): Promise<{ header: string; rest: AsyncIterable<Lines> }> {
  for (;;) {
    const { value, done } = await lines.next();
    if (done) return { header: '', rest: lines };
    const { first, texts } = value;
    const at = texts.findIndex((text) => text !== '');
    if (at < 0) continue;
    const left = { first: first + at + 1, texts: texts.slice(at + 1) };
    return { header: texts[at] as string, rest: startingWith(left, lines) };
  }
}

async function* startingWith(first: Lines, others: AsyncIterable<Lines>): AsyncGenerator<Lines> {
  yield first;
  yield* others;
}

/** What stands in the header oftenest. */
function delimiterOf(header: string): string {
  const counts = DELIMITERS.map((delimiter) => header.split(delimiter).length);
  return DELIMITERS[counts.indexOf(Math.max(...counts))] as string;
}

function pointForComma(fields: string[], line: number, intake: Intake): void {
  for (const [at, field] of fields.entries()) {
    if (!DECIMAL_COMMA.test(field)) continue;
    intake.mend(line, 'a decimal comma, read as a point', field);
    fields[at] = field.replace(',', '.');
  }
}
