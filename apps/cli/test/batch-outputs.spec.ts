import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Client } from 'pg';
import { describeWith } from '../../../tools/real-part.mjs';
import { FileScores } from '../src/batch/file-scores.js';
import { TableScores } from '../src/batch/table-scores.js';

const columns = { key: 'id', written: [{ name: 'model_version', type: 'number' as const }] };
const refused = { code: 'BATCH_RUNNING' };

describe('a file that a batch writes', () => {
  it('is refused to a second run while the first one lives, and taken over when that was killed', async () => {
    const dir = await mkdtemp(path.join(tmpdir(), 'vinaigrette-batch-'));
    const script = path.join(dir, 'main.js');
    const file = path.join(dir, 'answers.csv');
    await writeFile(script, 'setInterval(() => {}, 1_000); console.log("up")');
    const other = spawn(process.execPath, [script], { stdio: ['ignore', 'pipe', 'inherit'] });
    try {
      await once(other.stdout, 'data');
      await writeFile(`${file}.lock`, String(other.pid));
      await expect(FileScores.open(file, columns, false)).rejects.toMatchObject({
        ...refused,
        message: `Process ${other.pid} writes into ${file}`,
      });
      await expect(FileScores.open(file, columns, true)).rejects.toMatchObject(refused);
    } finally {
      other.kill('SIGKILL');
      await once(other, 'exit');
    }
    const scores = await FileScores.open(file, columns, false);
    await scores.close();
    expect(existsSync(`${file}.lock`)).toBe(false);
    await rm(dir, { recursive: true });
  });
});

describeWith('PostgreSQL', 'DATABASE_URL', 'a table that a batch writes', () => {
  const database = `vinaigrette_batch_${Math.random().toString(36).slice(2)}`;
  let url: URL;
  let server: Client;
  beforeAll(async () => {
    url = new URL(process.env.DATABASE_URL as string);
    server = new Client({ connectionString: url.href });
    await server.connect();
    await server.query(`CREATE DATABASE ${database}`);
    url.pathname = database;
  });
  afterAll(async () => {
    await server.query(`DROP DATABASE ${database} WITH (FORCE)`);
    await server.end();
  });

  it('is refused to a second run, however it is spelt, until the first one has ended', async () => {
    const first = await TableScores.open(url.href, 'answers', columns, false);
    for (const name of ['answers', 'public.answers']) {
      await expect(TableScores.open(url.href, name, columns, false, 1)).rejects.toMatchObject(refused);
    }
    const beside = await TableScores.open(url.href, 'others', columns, false, 1);
    await Promise.all([first.close(), beside.close()]);
    const next = await TableScores.open(url.href, 'answers', columns, false);
    await next.close();
  });
});
