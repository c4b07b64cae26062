import { parse } from 'csv-parse/sync';
import type { Lines } from './decode-lines.js';
import type { Intake } from './intake.js';

/** A record of a CSV and the line it begins on. */
export interface CsvRecord {
  line: number;
  fields: string[];
}

/** Lines a quoted field may run over: a quote that is still open then was never meant as one. */
const QUOTED_LINES_MAX = 50;

/** A record that holds quotes: its lines, joined again. */
interface Quoted {
  line: number;
  text: string;
  /** Its place among the records that leave together. */
  place: number;
}

/**
 * Lines as records. A line without quotes is split where the delimiter stands; what holds quotes goes through csv-parse.
 * Lines that are empty are no records. A quote that never closes costs its own line and not the rest of the file: that
 * is rejected, and reading goes on with the next one.
 */
export async function* splitRecords(
  lines: AsyncIterable<Lines>,
  delimiter: string,
  intake: Intake,
): AsyncGenerator<CsvRecord[]> {
  const waiting: { line: number; text: string }[] = []; // an open quote and the lines after it
  for await (const { first, texts } of lines) {
    const given = [...waiting.splice(0), ...texts.map((text, at) => ({ line: first + at, text }))];
    yield recordsOf(given, waiting, delimiter, intake);
  }
  while (waiting.length > 0) {
    const [open, ...given] = waiting.splice(0) as [{ line: number; text: string }];
    intake.reject(open.line, UNCLOSED, open.text);
    yield recordsOf(given, waiting, delimiter, intake);
  }
}

const UNCLOSED = 'a quote that is not closed';
const MISPLACED = 'a quote in the midst of a field';

/** The records of the given lines; those of an open quote go to `waiting`. */
function recordsOf(
  given: readonly { line: number; text: string }[],
  waiting: { line: number; text: string }[],
  delimiter: string,
  intake: Intake,
): CsvRecord[] {
  const records: (CsvRecord | undefined)[] = [];
  const quoted: Quoted[] = [];
  for (let at = 0; at < given.length; at++) {
    const { line, text } = given[at] as { line: number; text: string };
    if (text === '') continue;
    if (!text.includes('"')) {
      records.push({ line, fields: text.split(delimiter) });
      continue;
    }
    const end = closingLine(given, at);
    if (end === 'later') {
      waiting.push(...given.slice(at));
      break;
    }
    if (end === 'never') {
      intake.reject(line, UNCLOSED, text);
      continue;
    }
    const whole = given.slice(at, end + 1).map((part) => part.text);
    quoted.push({ line, text: whole.join('\n'), place: records.push(undefined) - 1 });
    at = end;
  }
  for (const [place, record] of parsed(quoted, delimiter, intake)) records[place] = record;
  return records.filter((record) => record !== undefined);
}

/** The line on which the quotes that open on line `at` are closed. */
function closingLine(given: readonly { text: string }[], at: number): number | 'later' | 'never' {
  let open = false;
  for (let end = at; end < at + QUOTED_LINES_MAX; end++) {
    if (end === given.length) return 'later';
    const quotes = (given[end]?.text.split('"').length ?? 1) - 1;
    if (quotes % 2 === 1) open = !open;
    if (!open) return end;
  }
  return 'never';
}

/** All at once, since starting the parser costs more than a record; one by one where they do not come out even. */
function parsed(quoted: readonly Quoted[], delimiter: string, intake: Intake): [place: number, CsvRecord][] {
  if (quoted.length === 0) return [];
  const together = attempt(quoted.map(({ text }) => text).join('\n'), delimiter);
  if (together?.length === quoted.length) {
    return quoted.map(({ line, place }, at) => [place, { line, fields: together[at] as string[] }]);
  }
  return quoted.flatMap(({ line, text, place }): [number, CsvRecord][] => {
    const [fields, more] = attempt(text, delimiter) ?? [];
    if (fields && !more) return [[place, { line, fields }]];
    intake.reject(line, MISPLACED, text);
    return [];
  });
}

function attempt(text: string, delimiter: string): string[][] | undefined {
  try {
    return parse(text, { delimiter, relax_column_count: true });
  } catch {
    return undefined;
  }
}
