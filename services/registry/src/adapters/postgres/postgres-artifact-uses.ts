import type { EntityManager } from 'typeorm';
import { ArtifactUses } from '../../artifact-uses.js';
import type { KeptVersion, UseFacts } from '../../domain/decide-garbage.js';
import type { Database } from './database.js';

const LOCK = 'artifact-uses';

/**
 * Asked for by whoever begins to use an artefact or a version that is there: what garbage collection takes away, it has
 * taken before, or not at all. Held until the transaction ends.
 */
export async function lockUses(manager: EntityManager): Promise<void> {
  await manager.query('SELECT pg_advisory_xact_lock_shared(hashtextextended($1, 0))', [LOCK]);
}

export class PostgresArtifactUses extends ArtifactUses {
  constructor(private readonly database: Database) {
    super();
  }

  facts(): Promise<UseFacts> {
    return this.database.read(readFacts);
  }

  whileStill<T>(
    work: (facts: UseFacts, giveUp: (versions: readonly KeptVersion[]) => Promise<void>) => Promise<T>,
  ): Promise<T> {
    return this.database.write(async (manager) => {
      await manager.query('SELECT pg_advisory_xact_lock(hashtextextended($1, 0))', [LOCK]);
      return work(await readFacts(manager), (versions) => giveUp(manager, versions));
    });
  }
}

async function giveUp(manager: EntityManager, versions: readonly KeptVersion[]): Promise<void> {
  await manager.query(
    `INSERT INTO registry.collected_version (model, version) SELECT * FROM unnest($1::text[], $2::integer[])
     ON CONFLICT DO NOTHING`,
    [versions.map(({ model }) => model), versions.map(({ version }) => version)],
  );
}

async function readFacts(manager: EntityManager): Promise<UseFacts> {
  const versions = await manager.query<KeptVersion[]>(
    `SELECT model, version, ARRAY(SELECT file ->> 'sha256' FROM jsonb_array_elements(files) AS file) AS sha256s
     FROM registry.model_version LEFT JOIN registry.collected_version USING (model, version)
     WHERE collected_at IS NULL ORDER BY model, version`,
  );
  const wanted = await manager.query<UseFacts['wanted']>(
    `SELECT name AS model, version FROM registry.alias WHERE kind = 'model'
     UNION SELECT name, previous FROM registry.alias WHERE kind = 'model' AND previous > 0
     UNION SELECT name, candidate FROM registry.rollout WHERE subject_kind = 'model' AND state IN ('running', 'paused')
     UNION SELECT name, control FROM registry.rollout WHERE subject_kind = 'model' AND state IN ('running', 'paused')`,
  );
  const champions = await manager.query<UseFacts['champions']>(
    `SELECT name AS model, to_version AS version FROM registry.alias_change
     WHERE kind = 'model' AND alias = 'champion' AND to_version > 0 ORDER BY id DESC`,
  );
  // Whatever text names an artefact keeps it: 64 hexadecimal digits are no accident.
  const named = await manager.query<{ sha256: string }[]>(
    `SELECT sha256 FROM registry.mlflow_artifact
     UNION SELECT digest FROM registry.evaluation
     UNION SELECT (regexp_matches(body_json, '[0-9a-f]{64}', 'g'))[1] FROM registry.document
     UNION SELECT (regexp_matches(lineage::text, '[0-9a-f]{64}', 'g'))[1] FROM registry.lineage`,
  );
  return { versions, wanted, champions, named: named.map(({ sha256 }) => sha256) };
}
