import { huffmanText } from './huffman.js';

export type Field = readonly [name: string, value: string];

/** RFC 7541, appendix A: index 1 first; a name, and behind a space its value where there is one. */
const STATIC_FIELDS: readonly Field[] = [
  ':authority',
  ':method GET',
  ':method POST',
  ':path /',
  ':path /index.html',
  ':scheme http',
  ':scheme https',
  ':status 200',
  ':status 204',
  ':status 206',
  ':status 304',
  ':status 400',
  ':status 404',
  ':status 500',
  'accept-charset',
  'accept-encoding gzip, deflate',
  'accept-language',
  'accept-ranges',
  'accept',
  'access-control-allow-origin',
  'age',
  'allow',
  'authorization',
  'cache-control',
  'content-disposition',
  'content-encoding',
  'content-language',
  'content-length',
  'content-location',
  'content-range',
  'content-type',
  'cookie',
  'date',
  'etag',
  'expect',
  'expires',
  'from',
  'host',
  'if-match',
  'if-modified-since',
  'if-none-match',
  'if-range',
  'if-unmodified-since',
  'last-modified',
  'link',
  'location',
  'max-forwards',
  'proxy-authenticate',
  'proxy-authorization',
  'range',
  'referer',
  'refresh',
  'retry-after',
  'server',
  'set-cookie',
  'strict-transport-security',
  'transfer-encoding',
  'user-agent',
  'vary',
  'via',
  'www-authenticate',
].map(fieldOf);

function fieldOf(text: string): Field {
  const [name = '', ...value] = text.split(' ');
  return [name, value.join(' ')];
}

/** A table entry costs its characters and this much (RFC 7541, 4.1). */
const FIELD_OVERHEAD_BYTES = 32;
/** What both ends start with, and what is never raised here. */
const TABLE_BYTES_MAX = 4_096;
const INTEGER_BYTES_MAX = 4;

const fieldBytes = ([name, value]: Field): number => name.length + value.length + FIELD_OVERHEAD_BYTES;

/** Reads the header blocks of one connection, in the order they came: each may refer to the ones before. */
export class HeaderReader {
  /** The latest first. */
  private readonly table: Field[] = [];
  private tableBytes = 0;
  private tableBytesMax = TABLE_BYTES_MAX;
  /** As long as it stays the same, so does what a block means. */
  tableChanges = 0;
  private block: Buffer = Buffer.alloc(0);
  private at = 0;

  /** `listBytesMax`: of the names and values of one block, each field counted with its overhead. */
  constructor(private readonly listBytesMax: number) {}

  /** Throws RangeError when the block cannot be read or holds too much: what comes after it cannot be read either. */
  read(block: Buffer): Field[] {
    this.block = block;
    this.at = 0;
    const fields: Field[] = [];
    let listBytes = 0;
    while (this.at < block.length) {
      const field = this.field(fields.length === 0);
      if (!field) continue;
      listBytes += fieldBytes(field);
      if (listBytes > this.listBytesMax) throw new RangeError('too many headers');
      fields.push(field);
    }
    return fields;
  }

  /** Undefined when it was no field but a change of the table's size. */
  private field(first: boolean): Field | undefined {
    const kind = this.block[this.at] as number;
    if (kind >= 0x80) return this.entry(this.integer(7));
    if (kind >= 0x40) return this.keep([this.name(6), this.text()]);
    if (kind < 0x20) return [this.name(4), this.text()];
    if (!first) throw new RangeError('a change of the table behind a header');
    return this.resize(this.integer(5));
  }

  private name(prefixBits: number): string {
    const index = this.integer(prefixBits);
    return index === 0 ? this.text() : this.entry(index)[0];
  }

  private entry(index: number): Field {
    const field = STATIC_FIELDS[index - 1] ?? this.table[index - 1 - STATIC_FIELDS.length];
    if (!field) throw new RangeError('a header that is in no table');
    return field;
  }

  private keep(field: Field): Field {
    this.tableChanges++;
    this.table.unshift(field);
    this.tableBytes += fieldBytes(field);
    this.evict();
    return field;
  }

  private resize(bytes: number): undefined {
    if (bytes > TABLE_BYTES_MAX) throw new RangeError('a table of headers that is too large');
    this.tableChanges++;
    this.tableBytesMax = bytes;
    this.evict();
  }

  private evict(): void {
    while (this.tableBytes > this.tableBytesMax) this.tableBytes -= fieldBytes(this.table.pop() as Field);
  }

  private integer(prefixBits: number): number {
    const prefixMax = (1 << prefixBits) - 1;
    let value = (this.block[this.at++] as number) & prefixMax;
    if (value < prefixMax) return value;
    for (let index = 0; index < INTEGER_BYTES_MAX; index++) {
      const byte = this.block[this.at++];
      if (byte === undefined) break;
      value += (byte & 0x7f) << (7 * index);
      if (byte < 0x80) return value;
    }
    throw new RangeError('a number that does not end');
  }

  private text(): string {
    const huffman = (this.block[this.at] ?? 0) >= 0x80;
    if (this.at >= this.block.length) throw new RangeError('a header that is cut off');
    const length = this.integer(7);
    const end = this.at + length;
    if (end > this.block.length) throw new RangeError('a header that is cut off');
    const text = huffman ? huffmanText(this.block.subarray(this.at, end)) : this.block.toString('latin1', this.at, end);
    if (text === undefined) throw new RangeError('a header that is no text');
    this.at = end;
    return text;
  }
}

/** A header block that refers to no table, so that it is right at any time. Values are Latin-1. */
export function headerBlock(fields: Readonly<Record<string, string | number | readonly string[] | undefined>>): Buffer {
  const parts: Buffer[] = [];
  for (const [name, values] of Object.entries(fields)) {
    for (const value of Array.isArray(values) ? (values as readonly string[]) : [values]) {
      if (value !== undefined) parts.push(Buffer.from([0]), literal(name), literal(String(value)));
    }
  }
  return Buffer.concat(parts);
}

function literal(text: string): Buffer {
  const bytes = Buffer.from(text, 'latin1');
  const length: number[] = [];
  let rest = bytes.length - 0x7f;
  if (rest < 0) length.push(bytes.length);
  else {
    length.push(0x7f);
    for (; rest >= 0x80; rest >>>= 7) length.push((rest & 0x7f) | 0x80);
    length.push(rest);
  }
  return Buffer.concat([Buffer.from(length), bytes]);
}
