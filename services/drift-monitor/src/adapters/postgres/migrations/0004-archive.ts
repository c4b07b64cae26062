import type { MigrationInterface, QueryRunner } from 'typeorm';

export class Archive1763740800004 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      -- The files that hold the archive, each record in one of them: written with the position they move.
      CREATE TABLE drift_monitor.archive_file (
        path text PRIMARY KEY, -- within the archive's folder
        topic text NOT NULL,
        day date NOT NULL, -- of event time, UTC
        rows bigint NOT NULL
      );
      CREATE INDEX archive_file_day ON drift_monitor.archive_file (topic, day);
      -- Units nobody may know any more; records of theirs from before that still arrive are not kept.
      CREATE TABLE drift_monitor.erased_unit (
        unit_sha256 text PRIMARY KEY,
        before_ms bigint NOT NULL
      );
    `);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP TABLE drift_monitor.erased_unit, drift_monitor.archive_file');
  }
}
