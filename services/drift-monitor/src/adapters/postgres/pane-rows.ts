import { raiseEncoded } from '@vinaigrette/drift';
import type { EntityManager } from 'typeorm';
import { statuses } from '../../domain/read-record.js';
import { cellKey, type CellDelta } from '../../domain/tally.js';

interface CellRow {
  model: string;
  version: string;
  variant: string;
  segment: string;
  pane_ms: string;
  counters: Buffer;
}

/** Adds to the counters of one source partition; its position must be locked. */
export async function addToPanes(
  manager: EntityManager,
  partition: string,
  deltas: readonly CellDelta[],
): Promise<void> {
  if (deltas.length === 0) return;
  const column = <T>(value: (delta: CellDelta) => T) => deltas.map(value);
  const cells = [
    column(({ cell }) => cell.model),
    column(({ cell }) => cell.version),
    column(({ cell }) => cell.paneMs),
    column(({ cell }) => cell.variant),
    column(({ cell }) => cell.segment),
  ];
  const rows = await manager.query<CellRow[]>(
    `SELECT model, version, pane_ms, variant, segment, counters FROM drift_monitor.pane
     WHERE partition = $6 AND (model, version, pane_ms, variant, segment) IN (
       SELECT * FROM unnest($1::text[], $2::bigint[], $3::bigint[], $4::text[], $5::text[]))`,
    [...cells, partition],
  );
  const before = new Map(rows.map((row) => [keyOf(row), row.counters]));
  const after = deltas.map(({ cell, slots }) => Buffer.from(raiseEncoded(before.get(cellKey(cell)), joined(slots))));
  await manager.query(
    `INSERT INTO drift_monitor.pane AS pane
       (model, version, pane_ms, variant, segment, answered, fallback, timeout, error, shadow, counters, partition)
     SELECT *, $12 FROM unnest($1::text[], $2::bigint[], $3::bigint[], $4::text[], $5::text[], $6::bigint[],
       $7::bigint[], $8::bigint[], $9::bigint[], $10::bigint[], $11::bytea[])
     ON CONFLICT (model, version, pane_ms, variant, segment, partition) DO UPDATE SET
       answered = pane.answered + excluded.answered, fallback = pane.fallback + excluded.fallback,
       timeout = pane.timeout + excluded.timeout, error = pane.error + excluded.error,
       shadow = pane.shadow + excluded.shadow, counters = excluded.counters, counted_at = now()`,
    [...cells, ...statuses.map((status) => column((delta) => delta.statuses[status])), after, partition],
  );
}

function joined(slots: readonly Uint32Array[]): Uint32Array {
  const all = new Uint32Array(slots.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const some of slots) {
    all.set(some, at);
    at += some.length;
  }
  return all;
}

const keyOf = ({ model, version, variant, segment, pane_ms }: CellRow) =>
  cellKey({ model, version: Number(version), variant, segment, paneMs: Number(pane_ms) });
