import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { DuckDBInstance, type DuckDBConnection } from '@duckdb/node-api';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { archiveTables } from '@vinaigrette/drift-monitor/archive-tables';
import { drawSet, type Draw } from '../src/validation/draw-set.js';

const DAY_MS = 86_400_000;
const START_MS = Date.UTC(2026, 5, 1);

/** A thousand predictions, one a day of June in turn: every fifth has no label, one in a hundred is of a small market. */
const PREDICTIONS = `
  CREATE TEMP TABLE p AS SELECT 'p' || i AS prediction_id, epoch_ms(${START_MS} + (i % 30) * ${DAY_MS}) AS occurred_at,
    'quote' AS use_case, 'insurance' AS model, CASE WHEN i % 10 = 0 THEN 'shadow' ELSE 'answered' END AS status,
    [CASE WHEN i % 100 = 1 THEN 'market=li' ELSE 'market=de' END] AS segments, '{"age":[' || i || ']}' AS logged, 'u' || i AS unit
  FROM range(1000) t(i)`;

describe('drawing a validation set', () => {
  let dir: string;
  let connection: DuckDBConnection;
  const draw: Draw = {
    model: 'insurance',
    fromMs: START_MS,
    untilMs: START_MS + 30 * DAY_MS,
    outcomes: ['label'],
    rows: 100,
    segmentRows: 5,
    seed: 'one',
  };
  beforeAll(async () => {
    dir = await mkdtemp(path.join(tmpdir(), 'vinaigrette-draw-'));
    connection = await (await DuckDBInstance.create(':memory:')).connect();
    await connection.run(PREDICTIONS);
    await connection.run(`COPY p TO '${dir}/predictions.parquet'`);
    await connection.run(`COPY (SELECT 'o' || i || '-' || k AS outcome_id, 'p' || i AS prediction_id, epoch_ms(${START_MS} + k) AS occurred_at,
      'label' AS kind, [] AS skus, (i + k)::DOUBLE AS number, '' AS text, 'g' AS gateway, i AS sequence
      FROM range(1000) t(i), range(2) s(k) WHERE i % 5 <> 0) TO '${dir}/outcomes.parquet'`);
    const topics = ['predictions', 'outcomes'].map((topic) => ({ topic, path: `${dir}/${topic}.parquet` }));
    for (const table of archiveTables(topics)) await connection.run(table);
  });
  afterAll(async () => {
    connection.closeSync();
    await rm(dir, { recursive: true, force: true });
  });

  const rowsOf = async (more: Partial<Draw>) => {
    const file = path.join(dir, 'set.parquet');
    const drawn = await drawSet(connection, { ...draw, ...more }, file);
    const reader = await connection.runAndReadAll('SELECT prediction_id, number FROM read_parquet($1)', [file]);
    return { drawn, rows: reader.getRowsJS() as [string, number][] };
  };

  it('takes labelled rows only, with their last label, and no shadows', async () => {
    const { drawn, rows } = await rowsOf({ rows: 10_000 });
    expect(drawn).toMatchObject({ rows: 800, from: '2026-06-02T00:00:00.000Z', until: '2026-06-30T00:00:00.000Z' });
    expect(rows.every(([id, number]) => number === Number(id.slice(1)) + 1)).toBe(true);
  });

  it('brings enough of a small sub-population on top', async () => {
    const { drawn, rows } = await rowsOf({});
    expect(drawn.segments['market=li']).toBeGreaterThanOrEqual(5);
    expect(rows.length).toBeGreaterThanOrEqual(100);
    expect(rows.length).toBeLessThanOrEqual(110);
  });

  it('is the same draw again for the same seed, and another for another', async () => {
    const ids = async (seed: string) => (await rowsOf({ seed })).rows.map(([id]) => id);
    expect(await ids('one')).toEqual(await ids('one'));
    expect(await ids('two')).not.toEqual(await ids('one'));
  });

  it('can be of named predictions', async () => {
    const { rows } = await rowsOf({ predictionIds: ['p1', 'p2', 'p5', 'nobody'], segmentRows: 0 });
    expect(rows.map(([id]) => id)).toEqual(['p1', 'p2']);
  });

  it('refuses to be empty', async () => {
    const empty = drawSet(connection, { ...draw, untilMs: START_MS }, path.join(dir, 'none.parquet'));
    await expect(empty).rejects.toMatchObject({ code: 'VALIDATION_SET_EMPTY' });
  });
});
