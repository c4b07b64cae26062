import { describe, expect, it } from '@jest/globals';
import { connect, type ClientHttp2Session } from 'node:http2';
import { Duplex } from 'node:stream';
import fc from 'fast-check';
import { FLAG, FRAME, HEAD_BYTES, PREFACE } from './frames.js';
import { headerBlock, HeaderReader, type Field } from './hpack.js';

const hex = (text: string): Buffer => Buffer.from(text.replaceAll(' ', ''), 'hex');
const reader = (): HeaderReader => new HeaderReader(65_536);

describe('header blocks', () => {
  it('of RFC 7541, C.4: three requests of one connection, Huffman coded, each referring to the ones before', () => {
    const headers = reader();
    const common: Field[] = [
      [':method', 'GET'],
      [':scheme', 'http'],
      [':path', '/'],
      [':authority', 'www.example.com'],
    ];
    expect(headers.read(hex('8286 8441 8cf1 e3c2 e5f2 3a6b a0ab 90f4 ff'))).toEqual(common);
    expect(headers.read(hex('8286 84be 5886 a8eb 1064 9cbf'))).toEqual([...common, ['cache-control', 'no-cache']]);
    expect(headers.read(hex('8287 85bf 4088 25a8 49e9 5ba9 7d7f 8925 a849 e95b b8e8 b4bf'))).toEqual([
      [':method', 'GET'],
      [':scheme', 'https'],
      [':path', '/index.html'],
      [':authority', 'www.example.com'],
      ['custom-key', 'custom-value'],
    ]);
  });

  it.each([
    { what: 'an index of no table', block: 'ff80 01' },
    { what: 'index 0', block: '80' },
    { what: 'a number without end', block: 'ffff ffff ffff ff' },
    { what: 'a number cut off', block: 'ff' },
    { what: 'a name cut off', block: '0005 61' },
    { what: 'a name without a value', block: '0001 61' },
    { what: 'a Huffman text padded with zeros', block: '0001 6181 18' },
    { what: 'a Huffman text padded with a byte', block: '0001 6182 1fff' },
    { what: 'a Huffman text with an end in it', block: '0001 6184 ffff ffff' },
    { what: 'a table larger than was offered', block: '3fe2 1f' },
    { what: 'a change of the table behind a header', block: '8220' },
  ])('refuses $what', ({ block }) => {
    expect(() => reader().read(hex(block))).toThrow(RangeError);
  });

  it('refuses more headers than it was told to take, however small they came', () => {
    const headers = new HeaderReader(1_000);
    headers.read(hex('4001 6101 62')); // a: b, kept
    expect(() => headers.read(Buffer.alloc(100, 0xbe))).toThrow('too many headers');
  });

  it('mean something else once the table has changed, which is told', () => {
    const headers = reader();
    headers.read(hex('4001 6101 62'));
    const before = headers.tableChanges;
    expect(headers.read(hex('be'))).toEqual([['a', 'b']]);
    expect(headers.tableChanges).toBe(before);
    headers.read(hex('4001 6301 64'));
    expect(headers.tableChanges).not.toBe(before);
    expect(headers.read(hex('be'))).toEqual([['c', 'd']]);
  });

  it('forgets what no longer fits the table', () => {
    const headers = reader();
    headers.read(hex('4001 6101 62'));
    expect(headers.read(hex('be'))).toEqual([['a', 'b']]);
    headers.read(hex('20')); // a table of no bytes
    expect(() => headers.read(hex('be'))).toThrow(RangeError);
  });

  it('are read as nghttp2 writes them, over all calls of a connection', async () => {
    const name = fc.stringMatching(/^x-[a-z0-9-]{1,20}$/);
    const value = fc.string({ unit: fc.integer({ min: 0x21, max: 0xff }).map((code) => String.fromCharCode(code)) });
    const calls = fc.array(fc.dictionary(name, value.filter((text) => !text.includes('\x7f')), { maxKeys: 8 })); // prettier-ignore
    await fc.assert(
      fc.asyncProperty(calls, async (sent) => {
        const caller = new Caller();
        const headers = reader();
        for (const extra of sent) {
          const fields = headers.read(await caller.blockOf(extra));
          expect(Object.fromEntries(fields)).toMatchObject(extra);
        }
        caller.session.destroy();
      }),
      { numRuns: 50 },
    );
  });

  it('are written so that they are read again', () =>
    fc.assert(
      fc.property(
        fc.dictionary(fc.stringMatching(/^[a-z-]{1,200}$/), fc.stringMatching(/^[ -~]{0,300}$/)),
        (fields) => {
          expect(Object.fromEntries(reader().read(headerBlock(fields)))).toEqual(fields);
        },
      ),
    ));
});

/** Node's own client, with what it writes read. */
class Caller {
  readonly session: ClientHttp2Session;
  private bytes: Buffer = Buffer.alloc(0);
  private whenBlock: (block: Buffer) => void = () => undefined;

  constructor() {
    const line = new Duplex({
      read: () => undefined,
      write: (chunk: Buffer, _encoding, done) => {
        this.take(chunk);
        done();
      },
    });
    this.session = connect('http://here', { createConnection: () => line });
    this.session.on('error', () => undefined);
  }

  blockOf(headers: Record<string, string>): Promise<Buffer> {
    return new Promise((came) => {
      this.whenBlock = came;
      this.session.request(headers).on('error', () => undefined);
    });
  }

  private take(chunk: Buffer): void {
    this.bytes = Buffer.concat([this.bytes, chunk]);
    if (this.bytes.indexOf(PREFACE) === 0) this.bytes = this.bytes.subarray(PREFACE.length);
    while (this.bytes.length >= HEAD_BYTES) {
      const end = HEAD_BYTES + this.bytes.readUIntBE(0, 3);
      if (this.bytes.length < end) return;
      const [type, flags] = [this.bytes[3] as number, this.bytes[4] as number];
      const skip = HEAD_BYTES + (flags & FLAG.priority ? 5 : 0);
      if (type === FRAME.headers) this.whenBlock(this.bytes.subarray(skip, end));
      this.bytes = this.bytes.subarray(end);
    }
  }
}
