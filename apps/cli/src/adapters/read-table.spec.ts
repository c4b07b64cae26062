import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { readTable } from './read-table.js';

describe('readTable()', () => {
  let dir: string;
  beforeAll(async () => (dir = await mkdtemp(join(tmpdir(), 'vinaigrette-table-'))));
  afterAll(() => rm(dir, { recursive: true }));

  it('reads a CSV, its types and its missing values', async () => {
    const file = join(dir, "it's.csv");
    await writeFile(file, 'age,region,price\n41,north,1.5\n,south,2\n18,,3.25\n');
    const { columns, rows } = await readTable(file);
    expect(columns.map(({ name }) => name)).toEqual(['age', 'region', 'price']);
    expect(rows).toEqual([
      { age: [41], region: ['north'], price: [1.5] },
      { age: [NaN], region: ['south'], price: [2] },
      { age: [18], region: [''], price: [3.25] },
    ]);
  });

  it('reads Parquet, lists and decimals included', async () => {
    const file = join(dir, 'rows.parquet');
    const connection = await (await DuckDBInstance.create(':memory:')).connect();
    const select = `SELECT ['milk', 'sugar'] AS items, 1.25::DECIMAL(10, 2) AS price, 7::BIGINT AS size, true AS fresh`;
    await connection.run(`COPY (${select} UNION ALL SELECT NULL, NULL, NULL, NULL) TO '${file}' (FORMAT parquet)`);
    connection.closeSync();
    expect((await readTable(file)).rows).toEqual([
      { items: ['milk', 'sugar'], price: [1.25], size: [7], fresh: ['true'] },
      { items: [], price: [NaN], size: [NaN], fresh: [''] },
    ]);
  });

  it('says why it cannot read a file', async () => {
    await expect(readTable(join(dir, 'nowhere.csv'))).rejects.toThrow(
      expect.objectContaining({ code: 'FILE_UNREADABLE', message: expect.stringContaining('nowhere.csv') }),
    );
  });
});
