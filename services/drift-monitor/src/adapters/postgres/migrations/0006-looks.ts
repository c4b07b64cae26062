import type { MigrationInterface, QueryRunner } from 'typeorm';

export class Looks1763740800006 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      -- Every look at a window, as it was issued and issued again: rows that come late change what was seen.
      CREATE TABLE drift_monitor.look (
        model text NOT NULL,
        version bigint NOT NULL,
        window_name text NOT NULL,
        to_ms bigint NOT NULL,
        revision integer NOT NULL, -- from 1
        predictions bigint NOT NULL, -- in the window when it was judged
        look jsonb NOT NULL,
        memory_before jsonb, -- of the window; null: it was never looked at before
        issued_at timestamptz NOT NULL DEFAULT now(),
        PRIMARY KEY (model, version, window_name, to_ms, revision)
      );
      CREATE INDEX look_issued ON drift_monitor.look (issued_at);
      -- The last look at each variant alone, and at each version beside last week and beside the champion.
      CREATE TABLE drift_monitor.comparison (
        model text NOT NULL,
        version bigint NOT NULL,
        window_name text NOT NULL,
        against text NOT NULL, -- baseline, last-week, champion
        variant text NOT NULL, -- empty: all together
        to_ms bigint NOT NULL,
        found jsonb NOT NULL,
        PRIMARY KEY (model, version, window_name, against, variant)
      );
    `);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP TABLE drift_monitor.comparison, drift_monitor.look');
  }
}
