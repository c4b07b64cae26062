import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { parseBaseline } from '@vinaigrette/drift';
import { differenceFromGolden, parseGolden, parseSignature, tensorOf } from '@vinaigrette/signature';
import { ModelSession } from '@vinaigrette/training';
import { nearest } from '../src/domain/cluster.js';
import { customerTensors } from '../src/domain/customer-tensors.js';
import { prepare } from '../src/domain/prepare.js';
import { segmentations, type CustomerRow } from '../src/domain/segmentation.js';
import { trainSegments, type Card, type TrainingOptions } from '../src/index.js';

const HEADER = 'InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country';

let dir: string;
let sales: string;
let outDir: string;
let card: Card;

/** Forty regulars who bought yesterday, forty who came once or twice in spring; and lines that tell of no customer. */
function planted(): string {
  const lines = [HEADER];
  const sale = (invoice: string, pieces: number, at: string, customer: string) =>
    lines.push(`${invoice},A,tea,${pieces},${at} 10:00:00,9.5,${customer}.0,UK`);
  for (let customer = 0; customer < 40; customer++) {
    for (let order = customer % 2; order < 12; order++) {
      sale(`R${customer}-${order}`, 2 + (customer % 3), `2011-06-${10 + order}`, `1${customer}`);
    }
    for (let order = 0; order <= customer % 2; order++) {
      sale(`O${customer}-${order}`, 1 + (customer % 4), `2011-02-${10 + (customer % 9)}`, `2${customer}`);
    }
  }
  lines.push('C1,A,tea,-1,2011-06-01 10:00:00,2,17.0,UK', 'X1,A,tea,1,2011-06-01 10:00:00,2,,UK');
  return `${lines.join('\n')}\n`;
}

const train = (options: Partial<TrainingOptions>) =>
  trainSegments({ input: sales, segmentation: 'rfm', clusters: 2, starts: 5, outDir, ...options });

const bytesOf = (name: string, folder = outDir) => readFile(join(folder, name));
const jsonOf = async (name: string) => JSON.parse(await readFile(join(outDir, name), 'utf8')) as unknown;

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'vinaigrette-segments-'));
  sales = join(dir, 'sales.csv');
  outDir = join(dir, 'version');
  await writeFile(sales, planted());
  card = await train({});
}, 120_000);
afterAll(() => rm(dir, { recursive: true, force: true }));

describe('trainSegments()', () => {
  it('finds the planted customers, and says what it left out', () => {
    expect(card).toMatchObject({ customers: 80, lines: 522, leftOut: 2, asOf: '2011-06-22' });
    expect(card.segments.map(({ name, customers }) => [name, customers])).toEqual([
      ['recencyDays-low.orders-high.spent-high', 40],
      ['recencyDays-high.orders-low.spent-low', 40],
    ]);
  });

  it('does not see sales after the day recency is counted from', async () => {
    const early = await train({ asOf: '2011-06-15', outDir: join(dir, 'early') });
    expect(early).toMatchObject({ asOf: '2011-06-15', customers: 80, leftOut: 2 + 40 * 7 });
  });

  it('gives the same bytes again', async () => {
    const again = join(dir, 'again');
    await train({ outDir: again });
    for (const name of ['model.onnx', 'signature.json', 'golden.json', 'baseline.json']) {
      expect((await bytesOf(name, again)).equals(await bytesOf(name))).toBe(true);
    }
  });

  it('logs and watches each feature, the segment and how typical a member is', async () => {
    const watched = ['recencyDays', 'orders', 'spent', 'segment', 'distance'];
    expect(parseSignature(await jsonOf('signature.json')).logged.map(({ tensor }) => tensor)).toEqual(watched);
    const baseline = parseBaseline(await jsonOf('baseline.json'));
    expect(baseline).toMatchObject({ rows: 80, features: watched.map((name) => ({ name })) });
  });

  it('writes golden answers that the graph gives again, unknown values among them', async () => {
    const { examples } = parseGolden(await jsonOf('golden.json'));
    const session = await ModelSession.open(await bytesOf('model.onnx'));
    for (const { inputs, outputs } of examples) {
      expect(differenceFromGolden(outputs, await session.run(inputs))).toBeUndefined();
    }
    await session.close();
    expect(examples.some(({ inputs }) => Number.isNaN(inputs.spent?.data[0]))).toBe(true);
  });

  it('answers a request as it answered the training rows: the nearest centre, by name', async () => {
    const session = await ModelSession.open(await bytesOf('model.onnx'));
    const centres = card.segments.map(({ centre }) => centre);
    const amount = fc.oneof(fc.double({ min: 0, max: 1e5, noNaN: true }), fc.constant(NaN)).map(Math.fround);
    await fc.assert(
      fc.asyncProperty(fc.array(fc.tuple(amount, amount, amount), { minLength: 1, maxLength: 8 }), async (rows) => {
        const answer = await session.run(customerTensors(segmentations.rfm, rows as CustomerRow[]));
        rows.forEach((row, at) => {
          const point = prepare(segmentations.rfm, card.preparation, row);
          const place = Number(answer.cluster?.data[at]);
          const plain = nearest(centres, point);
          expect(nearest([centres[place] as number[]], point).squared).toBeLessThanOrEqual(plain.squared * 1.0001);
          expect(answer.segment?.data[at]).toBe(card.segments[place]?.name);
          expect(answer.distance?.data[at]).toBeCloseTo(Math.sqrt(plain.squared), 3);
        });
      }),
      { numRuns: 100 },
    );
    const asked = Object.fromEntries(
      [3, null, 200].map((value, at) => [
        segmentations.rfm.features[at]!.name,
        tensorOf('FP32', [1, 1], [value]), // as JSON writes it
      ]),
    );
    const fromCsv = customerTensors(segmentations.rfm, [[3, NaN, 200]]);
    expect(await session.run(asked)).toEqual(await session.run(fromCsv));
    await session.close();
  });
});

describe('what trainSegments() refuses', () => {
  const line = (fields: string) => `${HEADER}\n${fields}\n`;
  it.each([
    ['a file that is not there', undefined, 'FILE_UNREADABLE', 'cannot be read'],
    ['another file', 'a,b\n1,2\n', 'TRAINING_DATA_INVALID', 'has no column InvoiceNo'],
    ['a file without lines', `${HEADER}\n`, 'TRAINING_DATA_INVALID', 'it holds no rows'],
    [
      'sales of nobody',
      line('1,A,tea,1,2011-06-01,2,,UK'),
      'TRAINING_DATA_INVALID',
      'no line tells what a customer bought',
    ],
    [
      'one customer only',
      line('1,A,tea,1,2011-06-01,2,7.0,UK'),
      'TRAINING_DATA_INVALID',
      'recencyDays is the same for every customer',
    ],
  ])('%s', async (_, text, code, message) => {
    const input = join(dir, 'bad.csv');
    await rm(input, { force: true });
    if (text !== undefined) await writeFile(input, text);
    await expect(train({ input })).rejects.toMatchObject({ code, message: expect.stringContaining(message) });
  });

  it('a day before every sale', async () => {
    await expect(train({ asOf: '2011-01-01' })).rejects.toMatchObject({
      code: 'TRAINING_DATA_INVALID',
      message: expect.stringContaining('no line before 2011-01-01 tells what a customer bought'),
    });
  });

  it('more bad lines than one in a hundred, naming the worst', async () => {
    const input = join(dir, 'people.csv');
    const people =
      'CustomerID,Genre,Age,Annual Income (k$),Spending Score (1-100)\n0001,Male,19,15,39\n0002,Male,21,much,81\n';
    await writeFile(input, people);
    await expect(train({ input, segmentation: 'demographic' })).rejects.toMatchObject({
      code: 'BAD_LINES_TOO_MANY',
      field: 'badLinesMax',
      message: expect.stringContaining('Annual Income (k$) is no number: 1, first on line 3 (much)'),
    });
  });

  it.each([
    ['clusters', { clusters: 1 }],
    ['starts', { starts: 0 }],
    ['seed', { seed: -1 }],
    ['asOf', { asOf: 'yesterday' }],
    ['segmentation', { segmentation: 'zodiac' as 'rfm' }],
  ])('a %s out of range', async (field, options) => {
    await expect(train(options)).rejects.toMatchObject({ code: 'TRAINING_OPTION_INVALID', field });
  });
});
