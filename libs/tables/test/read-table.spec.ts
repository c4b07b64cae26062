import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import {
  BadRow,
  Intake,
  numberOf,
  readWholeTable,
  takeIn,
  tellIntake,
  timeOf,
  type TableReader,
} from '../src/index.js';

interface Sale {
  sku: string;
  pieces: number;
  line: number;
}
const sales: TableReader<Sale> = {
  columns: ['Sku', 'Pieces'],
  parse: ([sku = '', text = ''], line) => {
    const pieces = numberOf(text);
    return pieces === undefined ? new BadRow('Pieces is no number', text) : { sku, pieces, line };
  },
};

let dir: string;
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'vinaigrette-tables-'));
});
afterAll(() => rm(dir, { recursive: true, force: true }));

async function read(content: string | Buffer, name = 'sales.csv') {
  const input = join(dir, name);
  await writeFile(input, content);
  const intake = new Intake();
  const rows = await readWholeTable({ input }, sales, intake);
  const { rejected, mended, noticed } = intake.report();
  const brief = (findings: typeof rejected) => findings.map(({ reason, rows, firstLine }) => [reason, rows, firstLine]);
  return { rows, rejected: brief(rejected), mended: brief(mended), noticed: brief(noticed) };
}
const good = [
  { sku: 'tea', pieces: 1, line: 2 },
  { sku: 'jam', pieces: 2, line: 3 },
];

describe('a CSV is read', () => {
  it.each([
    { what: 'plain', content: 'Sku,Pieces\ntea,1\njam,2\n' },
    { what: 'without a last line break', content: 'Sku,Pieces\ntea,1\njam,2' },
    { what: 'with CR LF', content: 'Sku,Pieces\r\ntea,1\r\njam,2\r\n' },
    { what: 'with a byte order mark', content: '\ufeffSku,Pieces\ntea,1\njam,2\n' },
    { what: 'behind semicolons', content: 'Sku;Pieces\ntea;1\njam;2\n' },
    { what: 'behind tabs', content: 'Sku\tPieces\ntea\t1\njam\t2\n' },
    { what: 'in quotes', content: '"Sku","Pieces"\n"tea","1"\n"jam","2"\n' },
    { what: 'with blanks around', content: ' Sku , Pieces\n tea , 1\njam ,2 \n' },
    { what: 'with other columns', content: 'Pieces,Note,Sku\n1,,tea\n2,"a, b",jam\n' },
    { what: 'with columns spelt as a database does', content: '_sku,PIECES\ntea,1\njam,2\n' },
    { what: 'in UTF-16', content: Buffer.from('\ufeffSku,Pieces\ntea,1\njam,2\n', 'utf16le') },
    { what: 'packed', content: gzipSync('Sku,Pieces\ntea,1\njam,2\n'), name: 'sales.csv.gz' },
  ])('$what', async ({ content, name }) => {
    expect(await read(content, name)).toEqual({ rows: good, rejected: [], mended: [], noticed: [] });
  });

  it('with a line that is no UTF-8 among those that are, and says which', async () => {
    const latin = Buffer.from('crème,2\n', 'latin1');
    const content = Buffer.concat([Buffer.from('Sku,Pieces\ncafé,1\n'), latin, Buffer.from('thé,3\n')]);
    const { rows, rejected, mended } = await read(content);
    expect(rows.map(({ sku }) => sku)).toEqual(['café', 'crème', 'thé']);
    expect({ rejected, mended }).toEqual({ rejected: [], mended: [['no UTF-8, read as Windows-1252', 1, 3]] });
  });

  it('with decimal commas behind semicolons', async () => {
    const { rows, mended } = await read('Sku;Pieces\ntea;1,5\njam;2\n');
    expect(rows.map(({ pieces }) => pieces)).toEqual([1.5, 2]);
    expect(mended).toEqual([['a decimal comma, read as a point', 1, 2]]);
  });

  it.each([
    { what: 'a text where a number should be', bad: 'tea,many', rejected: ['Pieces is no number', 1, 3] },
    { what: 'a line cut short', bad: 'tea', rejected: ['fewer fields than the header', 1, 3] },
    { what: 'a line that runs on', bad: 'tea,1,2,3', rejected: ['more fields than the header', 1, 3] },
    { what: 'a quote that never closes', bad: '"tea,1', rejected: ['a quote that is not closed', 1, 3] },
    { what: 'a quote in the midst', bad: 'tea "green",1', rejected: ['a quote in the midst of a field', 1, 3] },
    { what: 'a number without end', bad: 'tea,1e999', rejected: ['Pieces is no number', 1, 3] },
    { what: 'NaN', bad: 'tea,NaN', rejected: ['Pieces is no number', 1, 3] },
    { what: 'bytes of no text', bad: '\0\0\0', rejected: ['fewer fields than the header', 1, 3] },
  ])('without $what, and the lines around it are kept', async ({ bad, rejected }) => {
    const answer = await read(`Sku,Pieces\ntea,1\n${bad}\njam,2\n\nmug,3\n`);
    expect(answer.rejected).toEqual([rejected]);
    expect(answer.rows.map(({ sku, line }) => [sku, line])).toEqual([
      ['tea', 2],
      ['jam', 4],
      ['mug', 6],
    ]);
  });

  it('numbers the lines of a file, also after fields of several lines', async () => {
    const { rows } = await read('Sku,Pieces\n"tea\ngreen",1\n\n"jam",2\n');
    expect(rows.map(({ sku, line }) => [sku, line])).toEqual([
      ['tea\ngreen', 2],
      ['jam', 5],
    ]);
  });

  it.each([
    { what: 'no column of that name', content: 'Item,Pieces\ntea,1\n', message: /no column Sku; it has Item, Pieces/ },
    { what: 'a column twice', content: 'sku,SKU,Pieces\ntea,tea,1\n', message: /column Sku twice/ },
    { what: 'nothing', content: '', message: /no column Sku, Pieces/ },
    { what: 'no text', content: Buffer.from([0, 1, 2, 3, 0xff, 0xfe]), message: /no column Sku, Pieces/ },
  ])('never with $what', async ({ content, message }) => {
    await expect(read(content)).rejects.toMatchObject({
      code: 'TRAINING_DATA_INVALID',
      message: expect.stringMatching(message),
    });
  });

  it.each([
    { what: 'that is not there', input: 'ghost.csv' },
    { what: 'whose packing is damaged', input: 'damaged.csv.gz' },
    { what: 'that is no Parquet', input: 'damaged.parquet' },
  ])('never from a file $what', async ({ input }) => {
    for (const name of ['damaged.csv.gz', 'damaged.parquet']) await writeFile(join(dir, name), 'Sku,Pieces\ntea,1\n');
    await expect(readWholeTable({ input: join(dir, input) }, sales, new Intake())).rejects.toMatchObject({
      code: 'FILE_UNREADABLE',
    });
  });

  it('as it was written, whatever the texts are and wherever the file is cut into chunks', () =>
    fc.assert(
      fc.asyncProperty(
        fc.array(fc.string({ unit: 'grapheme', maxLength: 30 }), { minLength: 1, maxLength: 300 }),
        fc.constantFrom('\n', '\r\n'),
        async (texts, end) => {
          const skus = texts.map((text) => text.replaceAll('\r', '').trim());
          const line = (sku: string) => `"${sku.replaceAll('"', '""')}",1${end}`;
          const { rows, rejected } = await read(`Sku,Pieces${end}${skus.map(line).join('')}`);
          expect(rejected).toEqual([]);
          expect(rows.map(({ sku }) => sku)).toEqual(skus);
        },
      ),
      { numRuns: 50 },
    ));
});

describe('takeIn()', () => {
  const csv = (bad: number) => `Sku,Pieces\n${'tea,1\n'.repeat(100 - bad)}${'jam,"a ""lot"""\n'.repeat(bad)}`;
  const taken = async (bad: number, badLinesMax?: number) => {
    const [input, rejectsFile] = [join(dir, 'taken.csv'), join(dir, 'new/rejects.csv')];
    await writeFile(input, csv(bad));
    return takeIn('taken.csv', { rejectsFile, badLinesMax }, (intake) => readWholeTable({ input }, sales, intake));
  };
  const rejects = () => readFile(join(dir, 'new/rejects.csv'), 'utf8');

  it('answers what is good, says what became of the rest, and lists that', async () => {
    const { data, report } = await taken(1);
    expect(data).toHaveLength(99);
    expect(report).toMatchObject({ rows: 100, used: 99 });
    expect(await rejects()).toBe('line,reason,text\n101,"Pieces is no number","a ""lot"""\n');
    expect(tellIntake(report)).toEqual([
      '1 of 100 lines are not used (1 %)',
      '          LINES  FIRST  REASON               EXAMPLE',
      'not used  1      101    Pieces is no number  a "lot"',
    ]);
  });

  it('leaves no list where nothing is rejected', async () => {
    await taken(1);
    await taken(0);
    await expect(rejects()).rejects.toMatchObject({ code: 'ENOENT' });
  });

  it('refuses a source of which too much is bad, and still lists it', async () => {
    await expect(taken(5)).rejects.toMatchObject({
      code: 'BAD_LINES_TOO_MANY',
      field: 'badLinesMax',
      message: expect.stringMatching(/5 of 100 lines of taken.csv .* 1 %; Pieces is no number: 5, first on line 97/),
    });
    expect((await rejects()).split('\n')).toHaveLength(7);
    expect((await taken(5, 0.05)).data).toHaveLength(95);
  });
});

describe('timeOf()', () => {
  it.each([
    ['2011-02-28', Date.UTC(2011, 1, 28)],
    ['2011-02-28 10:30', Date.UTC(2011, 1, 28, 10, 30)],
    ['2011-02-28T10:30:15.25Z', Date.UTC(2011, 1, 28, 10, 30, 15, 250)],
    ['2011-02-28 10:30:00+02', Date.UTC(2011, 1, 28, 8, 30)],
    ['2011-02-28 10:30:00-03:30', Date.UTC(2011, 1, 28, 14)],
    ['2011-02-29', undefined],
    ['2011-13-01', undefined],
    ['2011-00-10', undefined],
    ['2011-01-01 25:00', undefined],
    ['1066-10-14', undefined],
    ['9999-12-31', undefined],
    ['28.02.2011', undefined],
    ['', undefined],
  ])('reads %j as %j', (text, ms) => expect(timeOf(text)).toBe(ms));
});
