import type { EntityManager } from 'typeorm';
import { WantedRevisionRow } from './entities.js';

/** The channel on which every registry hears that the wanted state changed. */
export const WANTED_CHANNEL = 'registry_wanted';

/**
 * The revision of a change, told to every registry at commit. It is the time in ms, or one more than the last where
 * that is later: so a database restored from a backup counts on above what was told before. The row's lock is held
 * until the commit, so revisions come in the order of the commits.
 */
export async function nextRevision(manager: EntityManager): Promise<string> {
  const [rows] = await manager.query<[{ revision: string }[]]>(
    `UPDATE registry.wanted_revision
     SET revision = GREATEST(revision + 1, floor(extract(epoch FROM clock_timestamp()) * 1000)::bigint)
     RETURNING revision`,
  );
  const { revision } = rows[0] as { revision: string };
  await manager.query('SELECT pg_notify($1, $2)', [WANTED_CHANNEL, revision]);
  return revision;
}

export async function readRevision(manager: EntityManager): Promise<bigint> {
  const row = await manager.findOneByOrFail(WantedRevisionRow, { id: 1 });
  return BigInt(row.revision);
}
