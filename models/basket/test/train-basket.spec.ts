import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { parseBaseline } from '@vinaigrette/drift';
import { differenceFromGolden, parseGolden, parseSignature, readSignature, type Tensor } from '@vinaigrette/signature';
import { ModelSession, type Tensors } from '@vinaigrette/training';
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
      'model.onnx',
      'rules.json',
      'signature.json',
    ]);
    expect(steps).toHaveLength(5);
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
    { code: 'RULES_TOO_MANY', field: 'maxRules', change: { maxRules: 10 } },
    { code: 'RULES_NONE', field: 'minSupport', change: { minSupport: 0.9 } },
    { code: 'TRAINING_OPTION_INVALID', field: 'minSupport', change: { minSupport: 0 } },
    { code: 'TRAINING_OPTION_INVALID', field: 'minConfidence', change: { minConfidence: NaN } },
    { code: 'TRAINING_OPTION_INVALID', field: 'policy', change: { policy: 'lenient' as 'raw' } },
    { code: 'TRAINING_OPTION_INVALID', field: 'from', change: { from: 'yesterday' } },
    { code: 'TRAINING_OPTION_INVALID', field: 'from', change: { from: '2026-03-01', to: '2026-03-01' } },
    { code: 'TRAINING_OPTION_INVALID', field: 'to', change: { to: '2026-03-01', format: 'basket-lines' as const } },
    { code: 'SALES_INVALID', field: undefined, change: { from: '2031-01-01' } },
    { code: 'SALES_NOT_FOUND', field: 'input', change: { input: '/no/such/file.csv' } },
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

  const good = '1,22423,CAKE STAND,1,2011-01-01 10:00:00,12.75,,France';
  it.each([
    {
      case: 'a quantity of text',
      csv: `${header}\n${good}\n2,22423,X,many,2011-01-01 10:00:00,1,,F`,
      says: /record 3 .*Quantity: many/,
    },
    {
      case: 'a quantity that is not a number',
      csv: `${header}\n1,22423,X,NaN,2011-01-01 10:00:00,1,,F`,
      says: /record 2 .*Quantity: NaN/,
    },
    { case: 'a date that is none', csv: `${header}\n1,22423,X,1,2011-13-01,1,,F`, says: /record 2 .*InvoiceDate/ },
    { case: 'a missing price', csv: `${header}\n1,22423,X,1,2011-01-01 10:00:00,,,F`, says: /record 2 .*UnitPrice/ },
    { case: 'a missing column', csv: 'InvoiceNo,Quantity\n1,2', says: /columns InvoiceNo, StockCode/ },
    { case: 'a line cut short', csv: `${header}\n${good}\n2,22423,X`, says: /columns InvoiceNo, StockCode/ },
    { case: 'no text at all', csv: Buffer.from([0xff, 0xfe, 0x00, 0x80, 0x81]), says: /columns InvoiceNo, StockCode/ },
    { case: 'an empty file', csv: '', says: /columns InvoiceNo, StockCode/ },
  ])('refuses $case', async ({ csv, says }) => {
    const reading = read('bad.csv', csv, 'online-retail');
    await expect(reading).rejects.toMatchObject({ code: 'SALES_INVALID', message: expect.stringMatching(says) });
  });

  it.each([
    { case: 'bytes that are no text', name: 'bad.txt', bytes: Buffer.from([0x61, 0xff, 0x62]) },
    { case: 'a damaged .gz', name: 'bad.txt.gz', bytes: Buffer.from('milk,bread') },
  ])('refuses $case in a basket-per-line file', async ({ name, bytes }) => {
    await expect(read(name, bytes, 'basket-lines')).rejects.toMatchObject({ code: 'SALES_INVALID' });
  });
});
