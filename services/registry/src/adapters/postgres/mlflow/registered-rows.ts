import type { RegisteredModel, RegisteredVersion } from '../../../registered-models.js';
import type { Texts } from '../../../tracking.js';
import type { Columns } from './search-sql.js';

/** Registered models and versions as the views answer them, whoever registered them. */
export interface ModelRow {
  name: string;
  description: string;
  created_at_ms: string;
  updated_at_ms: string;
  tags: Texts;
  aliases: Record<string, number>;
}

export interface VersionRow {
  name: string;
  version: number;
  source: string;
  run_id: string;
  run_link: string;
  model_id: string;
  description: string;
  user_id: string;
  status_message: string;
  archived: boolean;
  created_at_ms: string;
  updated_at_ms: string;
  tags: Texts;
  aliases: string[];
  servable: boolean;
}

export const SELECT_MODEL = `
  SELECT model.*, coalesce((SELECT json_object_agg(alias, version ORDER BY alias) FROM registry.mlflow_alias_seen AS held
                            WHERE held.name = model.name), '{}') AS aliases
  FROM registry.mlflow_registered_model_seen AS model`;

/** Of rows called `version`: who names them, and whether model servers load them. */
export const ALIASES = `ARRAY(SELECT alias FROM registry.mlflow_alias_seen AS held
  WHERE held.name = version.name AND held.version = version.version ORDER BY alias) AS aliases`;
export const SERVABLE = `EXISTS (SELECT FROM registry.model_version AS served
  WHERE served.model = version.name AND served.version = version.version) AS servable`;

export const SELECT_VERSION = `SELECT version.*, ${ALIASES} FROM registry.mlflow_version_seen AS version`;

export const modelColumns: Columns = {
  attributes: {
    name: 'model.name',
    creation_timestamp: 'model.created_at_ms',
    timestamp: 'model.updated_at_ms',
    last_updated_timestamp: 'model.updated_at_ms',
  },
  tags: 'model.tags',
};

export const versionColumns: Columns = {
  attributes: {
    name: 'version.name',
    version_number: 'version.version',
    run_id: 'version.run_id',
    source_path: 'version.source',
    creation_timestamp: 'version.created_at_ms',
    timestamp: 'version.updated_at_ms',
    last_updated_timestamp: 'version.updated_at_ms',
  },
  tags: 'version.tags',
};

export const modelOf = (row: ModelRow, latest: readonly RegisteredVersion[]): RegisteredModel => ({
  name: row.name,
  description: row.description,
  createdAtMs: Number(row.created_at_ms),
  updatedAtMs: Number(row.updated_at_ms),
  tags: row.tags,
  aliases: row.aliases,
  latest,
});

export const versionOf = (row: VersionRow): RegisteredVersion => ({
  name: row.name,
  version: row.version,
  source: row.source,
  runId: row.run_id,
  runLink: row.run_link,
  modelId: row.model_id,
  description: row.description,
  userId: row.user_id,
  statusMessage: row.status_message,
  archived: row.archived,
  createdAtMs: Number(row.created_at_ms),
  updatedAtMs: Number(row.updated_at_ms),
  tags: row.tags,
  aliases: row.aliases,
  servable: row.servable,
});
