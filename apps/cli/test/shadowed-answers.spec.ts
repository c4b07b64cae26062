import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { DuckDBInstance, type DuckDBConnection } from '@duckdb/node-api';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { archiveTables } from '@vinaigrette/drift-monitor/archive-tables';
import { shadowedAnswers } from '../src/validation/shadowed-answers.js';

const START_MS = Date.UTC(2026, 5, 1);

/** A record a line: id, model, version, status, what it said (null: it is not known), minutes after the start. */
const RECORDS = `
  CREATE TEMP TABLE p AS SELECT col0 AS prediction_id, col1 AS model, col2::BIGINT AS version, col3 AS status,
    '{"y":[' || col4 || ']}' AS logged, epoch_ms(${START_MS} + col5 * 60000) AS occurred_at, ['market=de'] AS segments
  FROM (VALUES
    ('both', 'quote', 1, 'answered', 10, 1), ('both', 'quote', 2, 'shadow', 11, 1),
    ('later', 'quote', 1, 'answered', 20, 9), ('later', 'quote', 2, 'shadow', 20, 9),
    ('other-champion', 'quote', 3, 'answered', 10, 1), ('other-champion', 'quote', 2, 'shadow', 10, 1),
    ('other-shadow', 'quote', 1, 'answered', 10, 1), ('other-shadow', 'quote', 3, 'shadow', 10, 1),
    ('other-model', 'basket', 1, 'answered', 10, 1), ('other-model', 'basket', 2, 'shadow', 10, 1),
    ('not-answered', 'quote', 1, 'timeout', 10, 1), ('not-answered', 'quote', 2, 'shadow', 10, 1),
    ('not-known', 'quote', 1, 'answered', NULL, 1), ('not-known', 'quote', 2, 'shadow', 10, 1),
    ('alone', 'quote', 1, 'answered', 10, 1),
    ('too-early', 'quote', 1, 'answered', 10, -1), ('too-early', 'quote', 2, 'shadow', 10, -1),
    ('too-late', 'quote', 1, 'answered', 10, 10), ('too-late', 'quote', 2, 'shadow', 10, 10))`;

describe('what a shadow said beside the champion', () => {
  let dir: string;
  let connection: DuckDBConnection;
  beforeAll(async () => {
    dir = await mkdtemp(path.join(tmpdir(), 'vinaigrette-shadow-'));
    connection = await (await DuckDBInstance.create(':memory:')).connect();
    await connection.run(RECORDS);
    await connection.run(`COPY p TO '${dir}/p.parquet'`);
    for (const table of archiveTables([{ topic: 'predictions', path: `${dir}/p.parquet` }]))
      await connection.run(table);
  });
  afterAll(async () => {
    connection.closeSync();
    await rm(dir, { recursive: true, force: true });
  });

  it('is every pair of answers to one request, of these versions and that time', async () => {
    const asked = { model: 'quote', returned: 1, shadow: 2, fromMs: START_MS, untilMs: START_MS + 600_000, rows: 100 };
    const { answers, dataUntilMs } = await shadowedAnswers(connection, asked);
    expect(answers).toHaveLength(2);
    expect(answers).toEqual(
      expect.arrayContaining([
        { segments: ['market=de'], returned: { y: [10] }, shadow: { y: [11] } },
        { segments: ['market=de'], returned: { y: [20] }, shadow: { y: [20] } },
      ]),
    );
    expect(dataUntilMs).toBe(START_MS + 9 * 60_000);
    expect((await shadowedAnswers(connection, { ...asked, rows: 1 })).answers).toHaveLength(1);
    expect(await shadowedAnswers(connection, { ...asked, returned: 7 })).toEqual({ answers: [], dataUntilMs: 0 });
  });
});
