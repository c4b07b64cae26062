import { closeSync, mkdirSync, openSync, rmSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';
import { Intake, refuseTooManyBad, type IntakeReport } from './intake.js';

export interface IntakeOptions {
  /** CSV that lists every row that is not used: line, reason, text. Written when there is one; an old one goes. */
  rejectsFile?: string | undefined;
  /** Share of the rows that may be rejected, 0 to 1. */
  badLinesMax?: number | undefined;
}

/**
 * Reads a source by `read` and answers what it answers, with what became of every row. The rejects are in their file as
 * soon as they are met, also when the source is refused after all. Throws BAD_LINES_TOO_MANY, or what `read` throws.
 *
 * @param name of the source, for the message
 */
export async function takeIn<Data>(
  name: string,
  { rejectsFile, badLinesMax }: IntakeOptions,
  read: (intake: Intake) => Promise<Data>,
): Promise<{ data: Data; report: IntakeReport }> {
  if (rejectsFile !== undefined) rmSync(rejectsFile, { force: true });
  let file: number | undefined;
  const intake = new Intake(({ line, reason, text }) => {
    if (rejectsFile === undefined) return;
    file ??= begin(rejectsFile);
    writeSync(file, `${line},${quoted(reason)},${quoted(text)}\n`);
  });
  try {
    const data = await read(intake);
    const report = intake.report();
    refuseTooManyBad(name, report, badLinesMax);
    return { data, report };
  } finally {
    if (file !== undefined) closeSync(file);
  }
}

function begin(path: string): number {
  mkdirSync(dirname(path), { recursive: true });
  const file = openSync(path, 'w', 0o600); // rows may tell of people
  writeSync(file, 'line,reason,text\n');
  return file;
}

const quoted = (text: string): string => `"${text.replaceAll('"', '""')}"`;
