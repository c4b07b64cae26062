import type { MigrationInterface, QueryRunner } from 'typeorm';

export class SegmentsAndPolicies1763740800003 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      -- A prediction now counts in the whole (segment '') and in each of its segments. Until now it counted in the one
      -- segment it had: those rows stay that segment's, and once more as a source of their own they are part of the whole.
      INSERT INTO drift_monitor.pane SELECT model, version, pane_ms, variant, '', 'segment ' || segment || ' of ' || partition,
        answered, fallback, timeout, error, shadow, counters FROM drift_monitor.pane WHERE segment <> '';
      -- Counters are kept for so long after they last grew: event time may be years ago when an old log is replayed.
      ALTER TABLE drift_monitor.pane ADD COLUMN counted_at timestamptz NOT NULL DEFAULT now();
      -- The segments of a model that are counted by name; the others of their dimension are counted as OTHER.
      CREATE TABLE drift_monitor.segment (
        model text NOT NULL,
        dimension text NOT NULL,
        segment text NOT NULL,
        admitted_at timestamptz NOT NULL DEFAULT now(),
        PRIMARY KEY (model, segment)
      );
      INSERT INTO drift_monitor.segment (model, dimension, segment)
        SELECT DISTINCT model, split_part(segment, '=', 1), segment FROM drift_monitor.pane WHERE segment <> '';
      -- When the registry took the version; null: it was learned before that was asked.
      ALTER TABLE drift_monitor.model_version ADD COLUMN registered_at_ms bigint;
      -- The policy in force of each model, as the registry last said: the monitor judges without the registry.
      CREATE TABLE drift_monitor.drift_policy (
        name text PRIMARY KEY,
        version bigint NOT NULL,
        body jsonb NOT NULL
      );
    `);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`
      DROP TABLE drift_monitor.drift_policy;
      ALTER TABLE drift_monitor.model_version DROP COLUMN registered_at_ms;
      ALTER TABLE drift_monitor.pane DROP COLUMN counted_at;
      DROP TABLE drift_monitor.segment;
      DELETE FROM drift_monitor.pane WHERE partition LIKE 'segment % of %';
    `);
  }
}
