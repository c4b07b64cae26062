import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { parseBaseline } from '@vinaigrette/drift';
import { differenceFromGolden, parseGolden, parseSignature, readSignature, type Tensor } from '@vinaigrette/signature';
import { Intake } from '@vinaigrette/tables';
import { ModelSession, type Tensors } from '@vinaigrette/training';
import { gatherSales } from '../src/adapters/read-sales.js';
import { generateDemoSales, readBaskets, trainBasket, type Card, type SalesFormat } from '../src/index.js';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'basket-'));
});
afterAll(() => rm(folder, { recursive: true }));

const jsonOf = async (path: string) => JSON.parse(await readFile(path, 'utf8'));

describe('trainBasket() on the demo shop', () => {
  let card: Card;
  let outDir: string;
  const steps: string[] = [];
  beforeAll(async () => {
    const input = join(folder, 'demo.csv');
    outDir = join(folder, 'version');
    await generateDemoSales({ output: input });
    card = await trainBasket({ input, format: 'online-retail', policy: 'strict', outDir }, (done) => steps.push(done));
  });

  it('writes every file of a version, and tells of each step', async () => {
    expect((await readdir(outDir)).sort()).toEqual([
      'baseline.json',
      'best-sellers.json',
      'card.json',
      'golden.json',
      'lineage.json',
      'model.onnx',
      'rules.json',
      'signature.json',
    ]);
    expect(steps.filter((step) => step.startsWith('read '))).toHaveLength(1);
    expect(steps.at(-1)).toBe(`wrote ${outDir}`);
  });

  it('finds milk -> sugar at 80 %', async () => {
    const { rules } = await jsonOf(join(outDir, 'rules.json'));
    const [found] = rules.filter(
      ({ antecedent, consequent }: { antecedent: string[]; consequent: string }) =>
        antecedent.join() === 'milk' && consequent === 'sugar',
    );
    expect(found.confidence).toBeCloseTo(0.8, 2);
  });

  it('writes the signature its graph has, and what is logged of it', async () => {
    const signature = parseSignature(await jsonOf(join(outDir, 'signature.json')));
    const { inputs, outputs } = readSignature(await readFile(join(outDir, 'model.onnx')));
    expect(signature).toEqual({
      inputs,
      outputs,
      logged: [
        { tensor: 'items', first: 1_000 },
        { tensor: 'skus', first: 10 },
        { tensor: 'confidence', first: 10 },
      ],
    });
  });

  it('writes golden answers that the graph gives again', async () => {
    const { examples } = parseGolden(await jsonOf(join(outDir, 'golden.json')));
    const session = await ModelSession.open(await readFile(join(outDir, 'model.onnx')));
    for (const { inputs, outputs } of examples) {
      expect(differenceFromGolden(outputs, await session.run(inputs as Tensors))).toBeUndefined();
    }
    await session.close();
    const asked = examples.map(({ inputs }) => (inputs.items as Tensor).data as readonly string[]);
    expect(asked).toContainEqual(['']); // empty
    expect(asked).toContainEqual(['no-such-sku']); // unknown
    expect(Math.max(...asked.map((items) => items.length))).toBeGreaterThan(10); // full
  });

  it('writes a baseline of the four features', async () => {
    const baseline = parseBaseline(await jsonOf(join(outDir, 'baseline.json')));
    expect(baseline.features.map(({ name, kind }) => [name, kind])).toEqual([
      ['basketSize', 'numeric'],
      ['knownShare', 'numeric'],
      ['topConfidence', 'numeric'],
      ['items', 'items'],
    ]);
    expect(baseline.rows).toBe(card.baseline.rows);
    expect(baseline.vocabularies.items).toHaveLength(card.cleaning.distinctSkus);
  });

  it('states in the card what it is, where it comes from, and what it is worth', async () => {
    expect(await jsonOf(join(outDir, 'card.json'))).toEqual(card);
    expect(card.data.sha256).toMatch(/^[0-9a-f]{64}$/);
    expect(card.sales.first?.slice(0, 10)).toBe('2026-01-01');
    expect(card.sales.last?.slice(0, 10)).toBe('2026-06-30');
    expect(card.cleaning.baskets).toBeGreaterThan(7_000);
    expect(card.cost.batch1).toBeGreaterThan(0);
    expect(card.cost.batch32).toBeGreaterThan(0);
    const { rules, bestSellers } = card.heldBack.recommenders;
    expect(rules.hitRateAt5).toBeGreaterThan(bestSellers.hitRateAt5 as number);
    expect(rules.noveltyBits).toBeGreaterThan(bestSellers.noveltyBits as number);
    const { skus } = await jsonOf(join(outDir, 'best-sellers.json'));
    expect(skus[0].baskets).toBeGreaterThanOrEqual(skus[1].baskets);
  });

  it('writes the same bytes again', async () => {
    const again = join(folder, 'again');
    await trainBasket({ input: join(folder, 'demo.csv'), format: 'online-retail', policy: 'strict', outDir: again });
    for (const name of [
      'model.onnx',
      'signature.json',
      'golden.json',
      'baseline.json',
      'best-sellers.json',
      'rules.json',
    ]) {
      expect([name, await readFile(join(again, name))]).toEqual([name, await readFile(join(outDir, name))]);
    }
  });

  it('trains on a window of the sales', async () => {
    const source = { input: join(folder, 'demo.csv'), format: 'online-retail', policy: 'strict' } as const;
    const { baskets } = await readBaskets({ ...source, from: '2026-02-01', to: '2026-03-01' });
    const times = baskets.map(({ soldAtMs }) => soldAtMs as number);
    expect(new Date(Math.min(...times)).toISOString().slice(0, 10)).toBe('2026-02-01');
    expect(new Date(Math.max(...times)).toISOString().slice(0, 10)).toBe('2026-02-28');
  });

  it.each([
    { choice: { window: '2M', to: '2026-05-01' }, first: '2026-03-01', last: '2026-04-30' },
    { choice: { window: '2W' }, first: '2026-06-17', last: '2026-06-30' },
  ])('trains on the window $choice', async ({ choice, first, last }) => {
    const source = { input: join(folder, 'demo.csv'), format: 'online-retail', policy: 'strict', ...choice } as const;
    const times = (await readBaskets(source)).baskets.map(({ soldAtMs }) => soldAtMs as number);
    const days = [Math.min(...times), Math.max(...times)].map((ms) => new Date(ms).toISOString().slice(0, 10));
    expect(days).toEqual([first, last]);
  });

  it.each([
    { code: 'RULES_TOO_MANY', field: 'maxRules', change: { maxRules: 10 } },
    { code: 'RULES_NONE', field: 'minSupport', change: { minSupport: 0.9 } },
    { code: 'TRAINING_OPTION_INVALID', field: 'minSupport', change: { minSupport: 0 } },
    { code: 'TRAINING_OPTION_INVALID', field: 'minConfidence', change: { minConfidence: NaN } },
    { code: 'TRAINING_OPTION_INVALID', field: 'policy', change: { policy: 'lenient' as 'raw' } },
    { code: 'TRAINING_OPTION_INVALID', field: 'from', change: { from: 'yesterday' } },
    { code: 'TRAINING_OPTION_INVALID', field: 'from', change: { from: '2026-03-01', to: '2026-03-01' } },
    { code: 'TRAINING_OPTION_INVALID', field: 'to', change: { to: '2026-03-01', format: 'basket-lines' as const } },
    { code: 'TRAINING_OPTION_INVALID', field: 'window', change: { window: '6M', from: '2026-03-01' } },
    { code: 'TRAINING_OPTION_INVALID', field: 'window', change: { window: 'half a year' } },
    { code: 'TRAINING_OPTION_INVALID', field: 'minSuport', change: { minSuport: 0.1 } },
    { code: 'SALES_INVALID', field: 'from', change: { from: '2031-01-01' } },
    { code: 'FILE_UNREADABLE', field: 'input', change: { input: '/no/such/file.csv' } },
  ])('refuses $change with $code, and writes nothing', async ({ code, field, change }) => {
    const outDir = join(folder, 'refused');
    const options = {
      input: join(folder, 'demo.csv'),
      format: 'online-retail',
      policy: 'strict',
      outDir,
      ...change,
    } as const;
    await expect(trainBasket(options)).rejects.toMatchObject({ code, field });
    await expect(readdir(outDir)).rejects.toMatchObject({ code: 'ENOENT' });
  });
});

describe('readBaskets()', () => {
  const header = 'InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country';
  const read = async (name: string, bytes: string | Buffer, format: SalesFormat) => {
    await writeFile(join(folder, name), bytes);
    return readBaskets({ input: join(folder, name), format, policy: 'raw' });
  };

  it.each([
    { name: 'plain.csv', pack: (text: string) => text },
    { name: 'packed.csv.gz', pack: (text: string) => gzipSync(text) },
  ])('reads quotes, commas and blanks of $name', async ({ name, pack }) => {
    const csv = [
      header,
      '1, 22423 ,"CAKE STAND, ""REGENCY""",1,2011-01-01 10:00:00,12.75,17850.0,United Kingdom',
      '1,85123A,,2,2011-01-01 10:00:00,2.55,,France',
    ].join('\n');
    const { baskets } = await read(name, pack(csv), 'online-retail');
    expect(baskets).toEqual([{ id: '1', soldAtMs: Date.UTC(2011, 0, 1, 10), skus: ['22423', '85123A'] }]);
  });

  it('reads a basket a line, blanks and repeats among them', async () => {
    const { baskets, report } = await read('lines.txt', 'milk,cream cheese ,milk\r\n\r\nbread,,\r\n', 'basket-lines');
    expect(baskets.map(({ id, skus }) => [id, ...skus])).toEqual([
      ['1', 'milk', 'cream cheese'],
      ['3', 'bread'],
    ]);
    expect([report.lines, report.repeats, report.found.blank.lines]).toEqual([6, 1, 2]);
  });

  const good = (invoice: number) => `${invoice},22423,CAKE STAND,1,2011-01-01 10:00:00,12.75,,France\n`;
  const clean = Array.from({ length: 300 }, (_, invoice) => good(invoice)).join('');

  it.each([
    { case: 'a quantity of text', bad: '2,22423,X,many,2011-01-01 10:00:00,1,,F', reason: 'Quantity is no number' },
    { case: 'a quantity that is none', bad: '1,22423,X,NaN,2011-01-01 10:00:00,1,,F', reason: 'Quantity is no number' },
    { case: 'a day no calendar has', bad: '1,22423,X,1,2011-02-30,1,,F', reason: 'InvoiceDate is no moment' },
    { case: 'a missing price', bad: '1,22423,X,1,2011-01-01 10:00:00,,,F', reason: 'UnitPrice is no number' },
    { case: 'a line cut short', bad: '2,22423,X', reason: 'fewer fields than the header' },
    { case: 'an open quote', bad: '2,22423,"X,1,2011-01-01,1,,F', reason: 'a quote that is not closed' },
  ])('leaves out $case, says where, and keeps the rest', async ({ bad, reason }) => {
    const [input, intake] = [join(folder, 'bad.csv'), new Intake()];
    await writeFile(input, `${header}\n${clean}${bad}\n${good(300)}`);
    const { baskets } = await gatherSales({ input }, { format: 'online-retail', policy: 'raw' }, intake);
    expect(baskets).toHaveLength(301);
    expect(intake.report()).toMatchObject({ rows: 302, used: 301, rejected: [{ reason, rows: 1, firstLine: 302 }] });
  });

  it('lists in a file what it leaves out, and says so in the card', async () => {
    const [input, rejectsFile] = [join(folder, 'one-bad.csv'), join(folder, 'rejects.csv')];
    const sales = await readFile(join(folder, 'demo.csv'), 'utf8');
    await writeFile(input, `${sales}7,22423,X,many,2011-01-01 10:00:00,1,,F\n`);
    const { data, cleaning } = await trainBasket({ input, outDir: join(folder, 'sound'), rejectsFile });
    expect(data).toMatchObject({ rows: cleaning.lines + 1, used: cleaning.lines, kind: 'csv', source: 'one-bad.csv' });
    const line = cleaning.lines + 2;
    expect(data.rejected).toEqual([{ reason: 'Quantity is no number', rows: 1, firstLine: line, example: 'many' }]);
    expect(await readFile(rejectsFile, 'utf8')).toBe(`line,reason,text\n${line},"Quantity is no number","many"\n`);
  });

  it('refuses a file of which more than one in a hundred lines is bad', async () => {
    const bad = '7,22423,X,many,2011-01-01 10:00:00,1,,F\n'.repeat(4);
    await expect(read('bad.csv', `${header}\n${clean}${bad}`, 'online-retail')).rejects.toMatchObject({
      code: 'BAD_LINES_TOO_MANY',
      message: expect.stringMatching(/4 of 304 lines .* Quantity is no number: 4, first on line 302 \(many\)/),
    });
  });

  it.each([
    { case: 'a missing column', csv: 'InvoiceNo,Quantity\n1,2', says: /no column StockCode/ },
    { case: 'no text at all', csv: Buffer.from([0xff, 0xfe, 0x00, 0x80, 0x81]), says: /no column InvoiceNo/ },
    { case: 'an empty file', csv: '', says: /no column InvoiceNo/ },
  ])('refuses $case', async ({ csv, says }) => {
    const reading = read('bad.csv', csv, 'online-retail');
    await expect(reading).rejects.toMatchObject({
      code: 'TRAINING_DATA_INVALID',
      message: expect.stringMatching(says),
    });
  });

  it('says of negative prices, giveaways and repeats where the first stands', async () => {
    const line = (invoice: string, sku: string, price: string) =>
      `${invoice},${sku},X,1,2011-01-01 10:00,${price},,F\n`;
    const csv = `${header}\n${clean}${line('900', '1', '-3')}${line('901', '2', '0')}${line('902', '3', '1').repeat(2)}`;
    const { report } = await read('odd.csv', csv, 'online-retail');
    expect(report.found.unpriced).toEqual({ lines: 2, dropped: false, firstLine: 302 });
    expect([report.repeats, report.firstRepeat]).toEqual([1, 305]);
  });

  it('reads bytes that are no UTF-8 in a basket-per-line file', async () => {
    const { baskets } = await read('latin.txt', Buffer.from('th\u00e9,caf\u00e9\n', 'latin1'), 'basket-lines');
    expect(baskets[0]?.skus).toEqual(['th\u00e9', 'caf\u00e9']);
  });

  it('refuses a damaged .gz', async () => {
    await expect(read('bad.txt.gz', 'milk,bread', 'basket-lines')).rejects.toMatchObject({ code: 'FILE_UNREADABLE' });
  });
});
