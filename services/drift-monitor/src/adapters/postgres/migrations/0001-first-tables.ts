import type { MigrationInterface, QueryRunner } from 'typeorm';

export class FirstTables1763683200000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      -- The fence: whoever counts a partition holds its row, and moves it with what was counted.
      CREATE TABLE drift_monitor.partition_position (
        consumer_group text NOT NULL,
        topic text NOT NULL,
        partition text NOT NULL,
        next_offset bigint NOT NULL,
        PRIMARY KEY (consumer_group, topic, partition)
      );
      CREATE TABLE drift_monitor.gateway_position (
        consumer_group text NOT NULL,
        topic text NOT NULL,
        partition text NOT NULL,
        gateway text NOT NULL,
        last_sequence bigint NOT NULL,
        PRIMARY KEY (consumer_group, topic, partition, gateway)
      );
      -- Counters of one cell as one source partition brought them: only its holder writes them, so nobody waits.
      CREATE TABLE drift_monitor.pane (
        model text NOT NULL,
        version bigint NOT NULL,
        pane_ms bigint NOT NULL,
        variant text NOT NULL,
        segment text NOT NULL,
        partition text NOT NULL,
        answered bigint NOT NULL,
        fallback bigint NOT NULL,
        timeout bigint NOT NULL,
        error bigint NOT NULL,
        shadow bigint NOT NULL,
        counters bytea NOT NULL,
        PRIMARY KEY (model, version, pane_ms, variant, segment, partition)
      );
      CREATE INDEX pane_time ON drift_monitor.pane (pane_ms);
      CREATE TABLE drift_monitor.parked_record (
        partition text NOT NULL,
        "offset" bigint NOT NULL,
        gateway text NOT NULL,
        sequence bigint NOT NULL,
        model text NOT NULL,
        version bigint NOT NULL,
        schema_id text NOT NULL,
        body bytea NOT NULL,
        parked_at timestamptz NOT NULL DEFAULT now(),
        PRIMARY KEY (partition, "offset")
      );
      CREATE INDEX parked_record_version ON drift_monitor.parked_record (model, version, schema_id, partition);
      CREATE TABLE drift_monitor.dead_letter (
        id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        topic text NOT NULL,
        partition text NOT NULL,
        "offset" bigint NOT NULL,
        gateway text NOT NULL,
        sequence bigint NOT NULL,
        reason text NOT NULL,
        why text NOT NULL,
        body bytea NOT NULL,
        received_at timestamptz NOT NULL DEFAULT now()
      );
      CREATE TABLE drift_monitor.model_version (
        model text NOT NULL,
        version bigint NOT NULL,
        signature_json text NOT NULL,
        baseline_json text,
        baseline_sha256 text,
        wanted boolean NOT NULL DEFAULT false,
        learned_at timestamptz NOT NULL DEFAULT now(),
        PRIMARY KEY (model, version)
      );
      -- The two sides of the join of predictions with their outcomes; either may come first.
      CREATE TABLE drift_monitor.shown_prediction (
        prediction_id text PRIMARY KEY,
        model text NOT NULL,
        version bigint NOT NULL,
        variant text NOT NULL,
        segment text NOT NULL,
        status text NOT NULL,
        pane_ms bigint NOT NULL,
        shown text[] NOT NULL,
        received_at timestamptz NOT NULL DEFAULT now()
      );
      CREATE INDEX shown_prediction_version ON drift_monitor.shown_prediction (model, version, pane_ms);
      CREATE INDEX shown_prediction_received ON drift_monitor.shown_prediction (received_at);
      CREATE TABLE drift_monitor.outcome (
        outcome_id text PRIMARY KEY,
        prediction_id text NOT NULL,
        kind text NOT NULL,
        occurred_at_ms bigint NOT NULL,
        skus text[] NOT NULL,
        received_at timestamptz NOT NULL DEFAULT now()
      );
      CREATE INDEX outcome_prediction ON drift_monitor.outcome (prediction_id);
      CREATE INDEX outcome_received ON drift_monitor.outcome (received_at);
      CREATE TABLE drift_monitor.hit_pane (
        model text NOT NULL,
        version bigint NOT NULL,
        pane_ms bigint NOT NULL,
        variant text NOT NULL,
        segment text NOT NULL,
        status text NOT NULL,
        predictions bigint NOT NULL,
        with_outcome bigint NOT NULL,
        hits_at_5 bigint NOT NULL,
        PRIMARY KEY (model, version, pane_ms, variant, segment, status)
      );
      CREATE TABLE drift_monitor.alert (
        model text NOT NULL,
        version bigint NOT NULL,
        verdict jsonb NOT NULL,
        since_ms bigint NOT NULL,
        judged_to_ms bigint NOT NULL,
        memory jsonb NOT NULL,
        PRIMARY KEY (model, version)
      );
      CREATE TABLE drift_monitor.alert_transition (
        id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        model text NOT NULL,
        version bigint NOT NULL,
        from_state text NOT NULL,
        to_state text NOT NULL,
        at_ms bigint NOT NULL,
        why text NOT NULL,
        severity text NOT NULL,
        features text[] NOT NULL,
        noted_at timestamptz NOT NULL DEFAULT now()
      );
    `);
  }

  async down(runner: QueryRunner): Promise<void> {
    const tables = [
      'partition_position',
      'gateway_position',
      'pane',
      'parked_record',
      'dead_letter',
      'model_version',
      'shown_prediction',
      'outcome',
      'hit_pane',
      'alert',
      'alert_transition',
    ];
    await runner.query(`DROP TABLE ${tables.map((table) => `drift_monitor.${table}`).join(', ')}`);
  }
}
