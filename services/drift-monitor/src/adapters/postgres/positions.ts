import type { Topic } from '@vinaigrette/event-log';
import type { EntityManager } from 'typeorm';

/** Whose place in the log it is; `group` tells the readers of one log apart, whatever Kafka calls them. */
export interface Source {
  group: 'drift-monitor' | 'archive';
  topic: Topic;
  partition: string;
}

export async function lockPosition(manager: EntityManager, { group, topic, partition }: Source): Promise<bigint> {
  const key = [group, topic, partition];
  await manager.query(
    `INSERT INTO drift_monitor.partition_position VALUES ($1, $2, $3, 0) ON CONFLICT DO NOTHING`,
    key,
  );
  const [row] = await manager.query<{ next_offset: string }[]>(
    `SELECT next_offset FROM drift_monitor.partition_position
     WHERE consumer_group = $1 AND topic = $2 AND partition = $3 FOR UPDATE`,
    key,
  );
  return BigInt((row as { next_offset: string }).next_offset);
}

/**
 * The last sequence counted of each gateway in this partition. A gateway's segments count as a partition of its name:
 * whoever moves from segments to Kafka finds what was counted before the move.
 */
export async function readSequences(manager: EntityManager, { group, topic, partition }: Source, gateways: string[]) {
  const rows = await manager.query<{ gateway: string; last: string }[]>(
    `SELECT gateway, max(last_sequence) AS last FROM drift_monitor.gateway_position
     WHERE consumer_group = $1 AND topic = $2 AND partition IN ($3, gateway) AND gateway = ANY($4) GROUP BY gateway`,
    [group, topic, partition, gateways],
  );
  return new Map(rows.map(({ gateway, last }) => [gateway, BigInt(last)]));
}

export async function moveSequences(
  manager: EntityManager,
  { group, topic, partition }: Source,
  sequences: ReadonlyMap<string, bigint>,
): Promise<void> {
  for (const [gateway, sequence] of sequences) {
    await manager.query(
      `INSERT INTO drift_monitor.gateway_position VALUES ($1, $2, $3, $4, $5)
       ON CONFLICT (consumer_group, topic, partition, gateway) DO UPDATE SET last_sequence = excluded.last_sequence`,
      [group, topic, partition, gateway, String(sequence)],
    );
  }
}

/** Compare and set: two holders of one partition cannot both have counted. */
export async function movePosition(
  manager: EntityManager,
  { group, topic, partition }: Source,
  from: bigint,
  to: bigint,
): Promise<void> {
  const [, moved] = await manager.query<[unknown, number]>(
    `UPDATE drift_monitor.partition_position SET next_offset = $5
     WHERE consumer_group = $1 AND topic = $2 AND partition = $3 AND next_offset = $4`,
    [group, topic, partition, String(from), String(to)],
  );
  if (moved !== 1) throw new Error(`The position of ${topic}/${partition} is no longer ${from}`);
}
