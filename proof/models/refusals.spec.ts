import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, it } from '@jest/globals';
import { csvOf, insured } from '../journey/insured.js';

const ROOT = fileURLToPath(new URL('../', import.meta.resolve('@vinaigrette/proof/package.json')));
const dir = mkdtempSync(join(tmpdir(), 'vinaigrette-refusals-'));
afterAll(() => rmSync(dir, { recursive: true, force: true }));

type Row = Record<string, string | number>;

const people = Array.from({ length: 100 }, (_, n): Row => ({ ...insured(n), charges: 1_000 + n }));
const shoppers = Array.from({ length: 40 }, (_, n): Row => ({
  CustomerID: n,
  'Annual Income (k$)': 20 + n,
  'Spending Score (1-100)': 90 - n,
}));
const sales = Array.from({ length: 40 }, (_, n): Row => ({
  InvoiceNo: Math.floor(n / 2),
  StockCode: `good-${n % 5}`,
  Quantity: 1 + (n % 3),
  InvoiceDate: `2026-01-${10 + (n % 20)} 10:00:00`,
  UnitPrice: 2,
  CustomerID: n % 7,
}));
const all = (rows: Row[], column: string, value: string | number) => rows.map((row) => ({ ...row, [column]: value }));
const headOf = (rows: Row[]) => csvOf(rows.slice(0, 1)).split('\n', 1).join();

const insurance = 'models/insurance';
const segments = 'models/segments';
const basket = 'models/basket';
const demographic = ['--segmentation', 'demographic'];
const rfm = ['--segmentation', 'rfm'];

/** Each said to the real command, as a person would meet it. */
describe('a model is not made of', () => {
  it.concurrent.each([
    {
      of: insurance,
      what: 'a column that never changes',
      csv: csvOf(all(people, 'smoker', 'no')),
      says: /smoker is the same in every row/,
    },
    {
      of: insurance,
      what: 'labels of one value',
      csv: csvOf(all(people, 'charges', 1_000)),
      says: /charges is the same in every row/,
    },
    { of: insurance, what: 'no rows', csv: headOf(people), says: /it holds no rows/ },
    {
      of: segments,
      words: demographic,
      what: 'a column that never changes',
      csv: csvOf(all(shoppers, 'Annual Income (k$)', 50)),
      says: /incomeThousands is the same for every customer/,
    },
    {
      of: segments,
      words: [...rfm, '--as-of', '2025-01-01'],
      what: 'an empty window',
      csv: csvOf(sales),
      says: /no line before 2025-01-01 tells what a customer bought/,
    },
    {
      of: basket,
      words: ['--from', '2027-01-01'],
      what: 'an empty window',
      csv: csvOf(sales),
      code: 'SALES_INVALID',
      says: /No basket is left of 40 lines from 2027-01-01.*: 40 lie outside the window\n {2}Widen the window/,
    },
    {
      of: basket,
      what: 'one good only',
      csv: csvOf(all(sales, 'StockCode', 'milk')),
      code: 'RULES_NONE',
      says: /No rule has support .*\n {2}Lower the least support/,
    },
  ])(
    '$what: $of says which, and what to do',
    async ({ of, what, words = [], csv, code = 'TRAINING_DATA_INVALID', says }) => {
      const name = `${of} ${what}`.replaceAll(/\W+/g, '-');
      const [input, outDir] = [join(dir, `${name}.csv`), join(dir, name)];
      writeFileSync(input, csv);
      const { status, stderr } = await run(of, 'train', input, ...words, '--out-dir', outDir, '--no-cache');
      expect({ status, stderr }).toEqual({ status: 1, stderr: expect.stringMatching(says) });
      const told = stderr.slice(stderr.indexOf('['));
      expect(told).toMatch(new RegExp(`^\\[${code}\\] .+\\n {2}\\S.+\\n$`)); // what is wrong, what to do, and no stack
    },
    120_000,
  );
});

/** Runs a model's command line to its end, whatever that is. */
function run(model: string, ...words: string[]): Promise<{ status: number; stderr: string }> {
  return new Promise((done) => {
    execFile(process.execPath, [join(ROOT, model, 'dist/src/main.js'), ...words], (error, _, stderr) => {
      done({ status: error ? Number(error.code) : 0, stderr });
    });
  });
}
