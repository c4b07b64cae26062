import { createHash } from 'node:crypto';
import { Problem } from '@vinaigrette/problems';

/** Rows of one kind of fault. */
export interface Finding {
  /** What is wrong, in words: `Quantity is no number`. */
  reason: string;
  rows: number;
  /** Line of the file, the header being 1; of a database or a Parquet file the row, from 1. */
  firstLine: number;
  /** What stood on the first line. */
  example: string;
}

/** What became of every row of a table: `rows` = `used` + those of `rejected`. */
export interface IntakeReport {
  rows: number;
  used: number;
  /** Not used. */
  rejected: Finding[];
  /** Used, after a repair: read in another encoding, a decimal comma. */
  mended: Finding[];
  /** Used as they are, though worth a look: repeats of an earlier line. */
  noticed: Finding[];
  /** SHA-256 of the wanted columns of every row in its order, hexadecimal; absent where the source has bytes of its own. */
  rowsSha256?: string;
}

/** A row that is not used, for the file of rejects. */
export interface Reject {
  line: number;
  reason: string;
  text: string;
}

/** Share of the rows that may be rejected before the whole table is refused. */
export const BAD_LINES_MAX = 0.01;
const EXAMPLE_LENGTH = 60;

/** Counts what becomes of every row of a table, by reason and with the first line of each. */
export class Intake {
  private readonly kinds = {
    rejected: new Map<string, Finding>(),
    mended: new Map<string, Finding>(),
    noticed: new Map<string, Finding>(),
  };
  private readonly content = createHash('sha256');
  private digested = false;
  private used = 0;
  private rejects = 0;

  /** @param keep is handed every rejected row, at once */
  constructor(private readonly keep: (reject: Reject) => void = () => {}) {}

  /** A row of a source that goes on changing, as it was read. */
  digest(fields: readonly string[]): void {
    this.digested = true;
    this.content.update(`${JSON.stringify(fields)}\n`);
  }

  use(rows: number): void {
    this.used += rows;
  }

  /** @param text the row as it was read, or the part of it that is wrong */
  reject(line: number, reason: string, text: string): void {
    this.rejects++;
    count(this.kinds.rejected, line, reason, text);
    this.keep({ line, reason, text });
  }

  mend(line: number, reason: string, text: string): void {
    count(this.kinds.mended, line, reason, text);
  }

  notice(line: number, reason: string, text: string): void {
    count(this.kinds.noticed, line, reason, text);
  }

  report(): IntakeReport {
    const { used, rejects, kinds, digested, content } = this;
    const listed = (findings: Map<string, Finding>) => [...findings.values()].sort((a, b) => b.rows - a.rows);
    return {
      rows: used + rejects,
      used,
      rejected: listed(kinds.rejected),
      mended: listed(kinds.mended),
      noticed: listed(kinds.noticed),
      ...(digested && { rowsSha256: content.copy().digest('hex') }),
    };
  }
}

/**
 * Throws BAD_LINES_TOO_MANY when a larger share than `badLinesMax` of the rows was rejected: then the table is another
 * one than was meant, and what is left of it is no fair sample.
 */
export function refuseTooManyBad(name: string, report: IntakeReport, badLinesMax: number = BAD_LINES_MAX): void {
  const bad = report.rows - report.used;
  if (bad <= badLinesMax * report.rows) return;
  const [worst] = report.rejected;
  const most = worst ? `; ${worst.reason}: ${worst.rows}, first on line ${worst.firstLine} (${worst.example})` : '';
  const message = `${bad} of ${report.rows} lines of ${name} cannot be used, more than ${percent(badLinesMax)}${most}`;
  throw new Problem('BAD_LINES_TOO_MANY', message, { field: 'badLinesMax' });
}

/** The findings as a table for people, a line each; nothing where there are none. */
export function tellIntake(report: IntakeReport): string[] {
  const told = [
    ...report.rejected.map((finding) => ({ ...finding, what: 'not used' })),
    ...report.mended.map((finding) => ({ ...finding, what: 'mended' })),
    ...report.noticed.map((finding) => ({ ...finding, what: 'used' })),
  ];
  if (told.length === 0) return [];
  const cells = told.map(({ what, rows, firstLine, reason, example }) => [
    what,
    String(rows),
    String(firstLine),
    reason,
    example,
  ]);
  const header = ['', 'LINES', 'FIRST', 'REASON', 'EXAMPLE'];
  const widths = header.map((word, column) => Math.max(word.length, ...cells.map((row) => row[column]?.length ?? 0)));
  const line = (row: string[]) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd();
  const bad = report.rows - report.used;
  const share = percent(bad / Math.max(1, report.rows));
  return [`${bad} of ${report.rows} lines are not used (${share})`, ...[header, ...cells].map(line)];
}

function count(findings: Map<string, Finding>, line: number, reason: string, text: string): void {
  const known = findings.get(reason);
  if (known) known.rows++;
  else findings.set(reason, { reason, rows: 1, firstLine: line, example: shortened(text) });
}

function shortened(text: string): string {
  const line = text.replace(/\s+/g, ' ');
  return line.length <= EXAMPLE_LENGTH ? line : `${line.slice(0, EXAMPLE_LENGTH)}...`;
}

const percent = (share: number): string => `${Number((share * 100).toPrecision(2))} %`;
