import { randomBytes } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { DuckDBInstance } from '@duckdb/node-api';
import pg from 'pg';
import { describeWith } from '../../../tools/real-part.mjs';
import { BadRow, identify, Intake, nameOf, numberOf, readWholeTable, timeOf, type TableSource } from '../src/index.js';

const reader = {
  columns: ['Sku', 'Pieces', 'SoldAt'],
  parse: ([sku = '', pieces = '', soldAt = '']: readonly string[], line: number) =>
    numberOf(pieces) === undefined
      ? new BadRow('Pieces is no number', pieces)
      : [line, sku, numberOf(pieces), timeOf(soldAt)],
};
const read = async (source: TableSource) => {
  const intake = new Intake();
  return { rows: await readWholeTable(source, reader, intake), report: intake.report() };
};

describeWith('PostgreSQL', 'DATABASE_URL', 'the doors', () => {
  const database = `vinaigrette_tables_${randomBytes(4).toString('hex')}`;
  const server = process.env.DATABASE_URL as string;
  const input = Object.assign(new URL(server), { pathname: `/${database}` }).toString();
  let dir: string;
  let csv: string;

  beforeAll(async () => {
    dir = await mkdtemp(join(tmpdir(), 'vinaigrette-doors-'));
    csv = join(dir, 'sales.csv');
    const lines = Array.from(
      { length: 5_000 },
      (_, n) => `s${n % 7},${(n % 90) / 8},2011-01-${10 + (n % 20)} 08:26:00`,
    );
    await writeFile(csv, `Sku,Pieces,SoldAt\n${lines.join('\n')}\n,,\n`);
    const parquet = await DuckDBInstance.create(':memory:');
    const duck = await parquet.connect();
    const types = `columns = {Sku: 'VARCHAR', Pieces: 'DOUBLE', SoldAt: 'TIMESTAMP'}`;
    await duck.run(`COPY (FROM read_csv('${csv}', ${types})) TO '${join(dir, 'sales.parquet')}' (FORMAT parquet)`);
    duck.closeSync();
    parquet.closeSync();
    const admin = new pg.Client(server);
    await admin.connect();
    await admin.query(`CREATE DATABASE ${database}`);
    await admin.end();
    const client = new pg.Client(input);
    await client.connect();
    await client.query('CREATE SCHEMA shop; CREATE TABLE shop."Sales" (sku text, pieces float8, sold_at timestamptz)');
    await client.query(`SET TimeZone = 'UTC'`);
    const values = lines.map((line) => line.split(','));
    await client.query(
      'INSERT INTO shop."Sales" SELECT * FROM unnest($1::text[], $2::float8[], $3::timestamptz[])',
      [0, 1, 2].map((column) => [...values.map((row) => row[column]), null]),
    );
    await client.end();
  });
  afterAll(async () => {
    const admin = new pg.Client(server);
    await admin.connect();
    await admin.query(`DROP DATABASE IF EXISTS ${database} WITH (FORCE)`);
    await admin.end();
    await rm(dir, { recursive: true, force: true });
  });

  const doors = (): TableSource[] => [
    { input: join(dir, 'sales.parquet') },
    { input, table: 'shop.Sales' },
    { input, query: 'SELECT sold_at, pieces, sku, 1 AS other FROM shop."Sales";' },
  ];

  it('give the same rows, and find the same faults', async () => {
    const { rows: expected, report } = await read({ input: csv });
    expect(expected).toHaveLength(5_000);
    for (const door of doors()) {
      const { rows, report: other } = await read(door);
      expect(rows.map(([line, ...values]) => [(line as number) + 1, ...values])).toEqual(expected);
      expect(other).toMatchObject({ rows: report.rows, used: report.used, rejected: [{ rows: 1, firstLine: 5_001 }] });
    }
  });

  it('are told apart, without a password', async () => {
    const secret = input
      .replace('postgres:', 'postgres://')
      .replace(/^postgres(ql)?:\/+([^@/]*@)?/, 'postgres://ann:secret@');
    expect(nameOf({ input: secret, table: 't' })).not.toMatch(/ann|secret/);
    expect(await identify({ input, table: 'shop.Sales' })).toMatchObject({ kind: 'postgres', sha256: null });
    expect(await identify({ input: csv })).toMatchObject({
      kind: 'csv',
      sha256: expect.stringMatching(/^[0-9a-f]{64}$/),
    });
  });

  it.each([
    { what: 'a table that is not there', source: { input, table: 'ghosts' }, code: 'TRAINING_DATA_INVALID' },
    {
      what: 'a query that writes',
      source: { input, query: 'DELETE FROM shop."Sales"' },
      code: 'TRAINING_DATA_INVALID',
    },
    { what: 'a table without the columns', source: { input, table: 'pg_class' }, code: 'TRAINING_DATA_INVALID' },
    { what: 'neither table nor query', source: { input }, code: 'TRAINING_OPTION_INVALID' },
    { what: 'a query of a file', source: { input: 'a.csv', query: 'SELECT 1' }, code: 'TRAINING_OPTION_INVALID' },
    {
      what: 'no database',
      source: { input: 'postgres://127.0.0.1:1/none', table: 't' },
      code: 'DATABASE_UNREACHABLE',
    },
  ])('refuse $what', async ({ source, code }) => {
    await expect(read(source)).rejects.toMatchObject({ code });
  });
});
