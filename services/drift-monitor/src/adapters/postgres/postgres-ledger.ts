import type { Topic } from '@vinaigrette/event-log';
import type { EntityManager } from 'typeorm';
import { freshEntries } from '../../domain/fresh-entries.js';
import type { KnownVersion } from '../../domain/known-version.js';
import type { Counted, Joined, Verdict } from '../../domain/read-record.js';
import { tally } from '../../domain/tally.js';
import type { KnownVersions } from '../../known-versions.js';
import { Ledger, type Applied, type Entry } from '../../ledger.js';
import type { Database } from './database.js';
import { addToPanes } from './pane-rows.js';
import { lockPosition, movePosition, moveSequences, readSequences, type Source } from './positions.js';
import { admitSegments } from './segment-rows.js';

/** All monitors of a database are one group, whatever Kafka calls it: what is counted is counted. */
const group = 'drift-monitor';
/** Parked records counted in one transaction. */
const UNPARKED_MAX = 1_000;
/** Of a dead letter's body, only so much is kept. */
const DEAD_BODY_BYTES_MAX = 16 * 1024;

export interface LedgerLimits {
  /** Records that may wait for a version; more are dead letters. */
  parkedRecordsMax: number;
  /** Segments of a dimension that are counted by name; more are OTHER. */
  segmentsPerDimensionMax: number;
}

/** Positions and counters in one transaction, fenced by the row of the partition. */
export class PostgresLedger extends Ledger {
  constructor(
    private readonly database: Database,
    private readonly known: KnownVersions,
    private readonly limits: LedgerLimits,
  ) {
    super();
  }

  async next(topic: Topic, partition: string): Promise<bigint> {
    const [row] = await this.database.rows<{ next_offset: string }>(
      `SELECT next_offset FROM drift_monitor.partition_position
       WHERE consumer_group = $1 AND topic = $2 AND partition = $3`,
      [group, topic, partition],
    );
    return BigInt(row?.next_offset ?? 0);
  }

  apply({ topic, partition }: Pick<Source, 'topic' | 'partition'>, entries: readonly Entry[]): Promise<Applied> {
    const source: Source = { group, topic, partition };
    return this.database.write(async (manager) => {
      const next = await lockPosition(manager, source);
      const gateways = [...new Set(entries.map(({ gatewayId }) => gatewayId))];
      const lastSequences = await readSequences(manager, source, gateways);
      const result = freshEntries(entries, next, lastSequences);
      const fresh = await this.store(manager, source, result.fresh);
      await moveSequences(manager, source, result.lastSequences);
      await movePosition(manager, source, next, result.next);
      return { fresh, duplicates: result.duplicates };
    });
  }

  async parkedVersions(): Promise<{ model: string; version: number; schemaId: string; records: number }[]> {
    const rows = await this.database.rows<Record<'model' | 'version' | 'schema_id' | 'records', string>>(
      `SELECT model, version, schema_id, count(*) AS records FROM drift_monitor.parked_record GROUP BY 1, 2, 3`,
    );
    return rows.map(({ model, version, schema_id, records }) => {
      return { model, version: Number(version), schemaId: schema_id, records: Number(records) };
    });
  }

  async unpark({ model, version, schemaId }: KnownVersion, read: (body: Uint8Array) => Verdict): Promise<Entry[]> {
    const parked = [model, version, schemaId];
    const [first] = await this.database.rows<{ partition: string }>(
      `SELECT partition FROM drift_monitor.parked_record WHERE model = $1 AND version = $2 AND schema_id = $3 LIMIT 1`,
      parked,
    );
    if (!first) return [];
    const source: Source = { group, topic: 'predictions', partition: first.partition };
    return this.database.write(async (manager) => {
      // The row that every writer of this partition's counters holds.
      await lockPosition(manager, source);
      const [rows] = await manager.query<[ParkedRow[], number]>(
        `DELETE FROM drift_monitor.parked_record WHERE partition = $4 AND "offset" IN (
           SELECT "offset" FROM drift_monitor.parked_record
           WHERE model = $1 AND version = $2 AND schema_id = $3 AND partition = $4 ORDER BY "offset" LIMIT ${UNPARKED_MAX})
         RETURNING "offset", gateway, sequence, body`,
        [...parked, first.partition],
      );
      const entries = rows.map(({ offset, gateway, sequence, body }): Entry => ({
        offset: BigInt(offset),
        gatewayId: gateway,
        sequence: BigInt(sequence),
        key: '',
        body,
        verdict: read(body),
      }));
      return this.store(manager, source, entries);
    });
  }

  async forgetDeadLetters(kept: number): Promise<void> {
    await this.database.rows(
      `DELETE FROM drift_monitor.dead_letter WHERE id <= (SELECT max(id) FROM drift_monitor.dead_letter) - $1`,
      [kept],
    );
  }

  /** Writes every entry where its verdict sends it; answers with the verdicts as they became. */
  private async store(manager: EntityManager, source: Source, entries: Entry[]): Promise<Entry[]> {
    const stored = await this.withinParking(manager, entries);
    const counted = stored.filter((entry): entry is Entry & { verdict: Counted } => entry.verdict.kind === 'counted');
    const inSegments = await admitSegments(
      manager,
      counted.map(({ verdict }) => verdict),
      (model, version) => this.known.of(model, version)?.grid?.segments.keys() ?? [],
      this.limits.segmentsPerDimensionMax,
    );
    await addToPanes(manager, source.partition, tally(inSegments));
    await storeShown(
      manager,
      counted.map(({ verdict }) => verdict),
    );
    await storeOutcomes(
      manager,
      stored.flatMap(({ verdict }) => (verdict.kind === 'outcome' ? [verdict] : [])),
    );
    await storeParked(manager, source, stored);
    await storeDead(manager, source, stored);
    return stored;
  }

  /** What finds no room among the parked is a dead letter. */
  private async withinParking(manager: EntityManager, entries: Entry[]): Promise<Entry[]> {
    if (!entries.some(({ verdict }) => verdict.kind === 'parked')) return entries;
    const [row] = await manager.query<{ records: string }[]>(
      'SELECT count(*) AS records FROM drift_monitor.parked_record',
    );
    let room = this.limits.parkedRecordsMax - Number(row?.records);
    return entries.map((entry) => {
      if (entry.verdict.kind !== 'parked' || room-- > 0) return entry;
      const { model, version } = entry.verdict;
      const why = `${model} ${version} is not known, and ${this.limits.parkedRecordsMax} records wait already`;
      return { ...entry, verdict: { kind: 'dead', reason: 'parking-full', why } };
    });
  }
}

interface ParkedRow {
  offset: string;
  gateway: string;
  sequence: string;
  body: Buffer;
}

// Both sides of the join insert in the order of their keys, so that two partitions never wait for each other in a circle.
const byKey = <T>(rows: T[], key: (row: T) => string) => rows.sort((a, b) => (key(a) < key(b) ? -1 : 1));

async function storeShown(manager: EntityManager, counted: readonly Counted[]): Promise<void> {
  const rows = counted.flatMap(({ shown, cell, segments, status }) => {
    if (!shown) return [];
    const { paneMs, ...rest } = cell;
    return [
      {
        ...rest,
        segment: segments[0] ?? '',
        status,
        prediction_id: shown.predictionId,
        pane_ms: paneMs,
        shown: shown.skus,
      },
    ];
  });
  if (rows.length === 0) return;
  await manager.query(
    `INSERT INTO drift_monitor.shown_prediction (prediction_id, model, version, variant, segment, status, pane_ms, shown)
     SELECT * FROM jsonb_to_recordset($1::jsonb) AS row (prediction_id text, model text, version bigint, variant text,
       segment text, status text, pane_ms bigint, shown text[]) ON CONFLICT DO NOTHING`,
    [JSON.stringify(byKey(rows, (row) => row.prediction_id))],
  );
}

async function storeOutcomes(manager: EntityManager, outcomes: readonly Joined[]): Promise<void> {
  if (outcomes.length === 0) return;
  const rows = outcomes.map(({ outcomeId, predictionId, outcome, occurredAtMs, skus }) => {
    return { outcome_id: outcomeId, prediction_id: predictionId, kind: outcome, occurred_at_ms: occurredAtMs, skus };
  });
  await manager.query(
    `INSERT INTO drift_monitor.outcome (outcome_id, prediction_id, kind, occurred_at_ms, skus)
     SELECT * FROM jsonb_to_recordset($1::jsonb) AS row (outcome_id text, prediction_id text, kind text,
       occurred_at_ms bigint, skus text[]) ON CONFLICT DO NOTHING`,
    [JSON.stringify(byKey(rows, (row) => row.outcome_id))],
  );
}

async function storeParked(manager: EntityManager, { partition }: Source, entries: readonly Entry[]): Promise<void> {
  const parked = entries.flatMap((entry) => (entry.verdict.kind === 'parked' ? [{ ...entry, ...entry.verdict }] : []));
  if (parked.length === 0) return;
  await manager.query(
    `INSERT INTO drift_monitor.parked_record ("offset", gateway, sequence, body, model, version, schema_id, partition)
     SELECT *, $8 FROM unnest($1::bigint[], $2::text[], $3::bigint[], $4::bytea[], $5::text[], $6::bigint[], $7::text[])`,
    [
      ...placeColumns(parked),
      parked.map(({ body }) => Buffer.from(body)),
      parked.map(({ model }) => model),
      parked.map(({ version }) => version),
      parked.map(({ schemaId }) => schemaId),
      partition,
    ],
  );
}

async function storeDead(
  manager: EntityManager,
  { topic, partition }: Source,
  entries: readonly Entry[],
): Promise<void> {
  const dead = entries.flatMap((entry) => (entry.verdict.kind === 'dead' ? [{ ...entry, ...entry.verdict }] : []));
  if (dead.length === 0) return;
  await manager.query(
    `INSERT INTO drift_monitor.dead_letter ("offset", gateway, sequence, body, reason, why, topic, partition)
     SELECT *, $7, $8 FROM unnest($1::bigint[], $2::text[], $3::bigint[], $4::bytea[], $5::text[], $6::text[])`,
    [
      ...placeColumns(dead),
      dead.map(({ body }) => Buffer.from(body.subarray(0, DEAD_BODY_BYTES_MAX))),
      dead.map(({ reason }) => reason),
      dead.map(({ why }) => why.replaceAll('\0', '').slice(0, 500)),
      topic,
      partition,
    ],
  );
}

const placeColumns = (entries: readonly Entry[]) => [
  entries.map(({ offset }) => String(offset)),
  entries.map(({ gatewayId }) => gatewayId),
  entries.map(({ sequence }) => String(sequence)),
];
