import { createHash } from 'node:crypto';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import pg from 'pg';
import { generateDemoSales, trainBasket } from '@vinaigrette/basket';
import { trainInsurance } from '@vinaigrette/insurance';
import { trainSegments } from '@vinaigrette/segments';
import type { TableSource } from '@vinaigrette/tables';
import { describeWith } from '../../tools/real-part.mjs';
import { createDatabase } from '../journey/database.js';

const FILES = ['model.onnx', 'signature.json', 'golden.json', 'baseline.json'];

/** What a model learns from, and the types a database would give its columns. */
interface Door {
  model: string;
  csv: (dir: string) => string;
  types: Record<string, string>;
  train: (source: TableSource, outDir: string) => Promise<{ data: object }>;
}

const models: Door[] = [
  {
    model: 'basket',
    csv: (dir: string) => join(dir, 'demo.csv'),
    types: { Quantity: 'BIGINT', InvoiceDate: 'TIMESTAMP', UnitPrice: 'DOUBLE' },
    train: (source: TableSource, outDir: string) => trainBasket({ ...source, outDir }),
  },
  {
    model: 'insurance',
    csv: () => join(process.env.DATA_DIR ?? '', 'insurance/insurance.csv'),
    types: { age: 'BIGINT', bmi: 'DOUBLE', children: 'BIGINT', charges: 'DOUBLE' },
    train: (source: TableSource, outDir: string) => trainInsurance({ ...source, outDir }),
  },
  {
    model: 'segments',
    csv: () => join(process.env.DATA_DIR ?? '', 'mall-customers/Mall_Customers.csv'),
    types: { Age: 'BIGINT', 'Annual Income (k$)': 'BIGINT', 'Spending Score (1-100)': 'BIGINT' },
    train: (source: TableSource, outDir: string) =>
      trainSegments({ ...source, outDir, segmentation: 'demographic', starts: 10 }),
  },
];

describeWith('real data', 'DATA_DIR', 'a model learns the same', () => {
  describeWith('PostgreSQL', 'DATABASE_URL', 'through each door', () => {
    let dir: string;
    let database: { url: string; drop: () => Promise<void> };
    beforeAll(async () => {
      dir = await mkdtemp(join(tmpdir(), 'vinaigrette-doors-'));
      database = await createDatabase(process.env.DATABASE_URL as string);
      await generateDemoSales({ output: join(dir, 'demo.csv'), to: '2026-02-15' });
    });
    afterAll(async () => {
      await database?.drop();
      await rm(dir, { recursive: true, force: true });
    });

    it.each(models)(
      '$model: CSV, Parquet and a PostgreSQL table',
      async ({ model, csv, types, train }) => {
        const parquet = join(dir, `${model}.parquet`);
        const rows = await typedRows(csv(dir), types, parquet);
        await fillTable(database.url, model, rows);
        const sources: TableSource[] = [{ input: csv(dir) }, { input: parquet }, { input: database.url, table: model }];
        const digests = [];
        for (const [door, source] of sources.entries()) {
          const outDir = join(dir, `${model}-${door}`);
          const { data } = await train(source, outDir);
          expect(data).toMatchObject({
            kind: ['csv', 'parquet', 'postgres'][door],
            rows: rows.values.length,
            rejected: [],
          });
          digests.push(await Promise.all(FILES.map((name) => digestOf(join(outDir, name)))));
        }
        expect(digests).toEqual([digests[0], digests[0], digests[0]]);
      },
      180_000,
    );
  });
});

const digestOf = async (file: string) =>
  createHash('sha256')
    .update(await readFile(file))
    .digest('hex');

interface Rows {
  columns: { name: string; type: string }[];
  values: unknown[][];
}

/** The rows of a CSV in these types, also written as Parquet. */
async function typedRows(csv: string, types: Record<string, string>, parquet: string): Promise<Rows> {
  const instance = await DuckDBInstance.create(':memory:', { threads: '1' });
  const connection = await instance.connect();
  const casts = Object.entries(types).map(([name, type]) => `CAST("${name}" AS ${type}) AS "${name}"`);
  const file = `read_csv('${csv}', header = true, all_varchar = true)`;
  await connection.run(`CREATE TABLE given AS SELECT * REPLACE (${casts.join(', ')}) FROM ${file}`);
  await connection.run(`COPY given TO '${parquet}' (FORMAT parquet)`);
  const described = await connection.runAndReadAll('DESCRIBE given');
  const columns = described.getRows().map(([name, type]) => ({ name: String(name), type: String(type) }));
  const texts = columns.map(({ name }) => `CAST("${name}" AS VARCHAR)`);
  const values = (await connection.runAndReadAll(`SELECT ${texts.join(', ')} FROM given`)).getRows();
  connection.closeSync();
  instance.closeSync();
  return { columns, values };
}

/** A table in the types of the rows, its columns spelt as databases spell them. */
async function fillTable(url: string, table: string, { columns, values }: Rows): Promise<void> {
  const client = new pg.Client(url);
  await client.connect();
  const typeOf = (type: string) => (type === 'DOUBLE' ? 'float8' : type);
  const spelt = columns.map(({ name, type }) => `"${name.toLowerCase().replace(/\W+/g, '_')}" ${typeOf(type)}`);
  await client.query(`CREATE TABLE ${table} (${spelt.join(', ')})`);
  const lists = columns.map(({ type }, column) => `$${column + 1}::text[]::${typeOf(type)}[]`);
  const byColumn = columns.map((_, column) => values.map((row) => row[column]));
  await client.query(`INSERT INTO ${table} SELECT * FROM unnest(${lists.join(', ')})`, byColumn);
  await client.end();
}
