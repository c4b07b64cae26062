import { isUtf8 } from 'node:buffer';
import { TextDecoder } from 'node:util';
import type { Intake } from './intake.js';

/** Lines of a text in order; the first one has the number of `first`. */
export interface Lines {
  first: number;
  texts: string[];
}

const NEWLINE = 0x0a;
const CARRIAGE_RETURN = '\r';
const BYTE_ORDER_MARK = '\ufeff';

/**
 * Bytes as lines of text, without their ends (LF or CR LF) and without a byte order mark. UTF-8, or UTF-16 where the
 * mark says so. A line that is no UTF-8 is read as Windows-1252, in which nearly every byte means something, and counted
 * as mended: exports of several years are often joined from both.
 */
export async function* decodeLines(bytes: AsyncIterable<Buffer>, intake: Intake): AsyncGenerator<Lines> {
  let rest: Buffer = Buffer.alloc(0);
  let first = 1;
  for await (const chunk of fromUtf16(bytes)) {
    rest = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
    const end = rest.lastIndexOf(NEWLINE);
    if (end < 0) continue;
    const texts = textsOf(rest.subarray(0, end), first, intake);
    yield { first, texts };
    first += texts.length;
    rest = rest.subarray(end + 1);
  }
  if (rest.length > 0) yield { first, texts: textsOf(rest, first, intake) };
}

function textsOf(bytes: Buffer, first: number, intake: Intake): string[] {
  const texts = isUtf8(bytes) ? bytes.toString('utf8').split('\n') : mended(bytes, first, intake);
  for (const [at, text] of texts.entries()) {
    if (text.endsWith(CARRIAGE_RETURN)) texts[at] = text.slice(0, -1);
  }
  if (first === 1 && texts[0]?.startsWith(BYTE_ORDER_MARK)) texts[0] = texts[0].slice(1);
  return texts;
}

/** Line by line, since most of them are sound. */
function mended(bytes: Buffer, first: number, intake: Intake): string[] {
  const windows = new TextDecoder('windows-1252');
  const texts: string[] = [];
  for (let start = 0; start <= bytes.length;) {
    const newline = bytes.indexOf(NEWLINE, start);
    const end = newline < 0 ? bytes.length : newline;
    const line = bytes.subarray(start, end);
    const sound = isUtf8(line);
    const text = sound ? line.toString('utf8') : windows.decode(line);
    if (!sound) intake.mend(first + texts.length, 'no UTF-8, read as Windows-1252', text);
    texts.push(text);
    start = end + 1;
  }
  return texts;
}

/** UTF-16 as UTF-8, where a byte order mark tells of it; anything else as it is. */
async function* fromUtf16(bytes: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  let decoder: TextDecoder | undefined;
  let begun = false;
  for await (const chunk of bytes) {
    if (!begun) {
      const mark = chunk.subarray(0, 2).toString('hex');
      if (mark === 'fffe') decoder = new TextDecoder('utf-16le');
      if (mark === 'feff') decoder = new TextDecoder('utf-16be');
      begun = true;
    }
    yield decoder ? Buffer.from(decoder.decode(chunk, { stream: true })) : chunk;
  }
}
