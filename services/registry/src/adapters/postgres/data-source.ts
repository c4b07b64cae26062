import type { Logger } from '@vinaigrette/edge';
import { postgresOptions } from '@vinaigrette/postgres';
import { entities } from './entities.js';
import { FirstTables1763683200000 } from './migrations/0001-first-tables.js';
import { Mlflow1763683200002 } from './migrations/0002-mlflow.js';
import { Rollouts1763769600000 } from './migrations/0003-rollouts.js';
import { Promotion1763856000000 } from './migrations/0004-promotion.js';
import { Access1763942400000 } from './migrations/0005-access.js';
import { Lineage1764028800000 } from './migrations/0006-lineage.js';
import { Webhooks1764115200000 } from './migrations/0007-webhooks.js';
import { ArtifactCare1764201600000 } from './migrations/0008-artifact-care.js';
import { VersionBranches1764288000000 } from './migrations/0009-version-branches.js';

/** Run in the order of the times in their names. */
export const migrations = [
  FirstTables1763683200000,
  Mlflow1763683200002,
  Rollouts1763769600000,
  Promotion1763856000000,
  Access1763942400000,
  Lineage1764028800000,
  Webhooks1764115200000,
  ArtifactCare1764201600000,
  VersionBranches1764288000000,
];

/** The registry's tables, in a schema of their own. */
export const dataSourceOptions = (url: string, logger: Logger) =>
  postgresOptions({ url, schema: 'registry', statementTimeoutMs: 30_000, entities, migrations }, logger);
