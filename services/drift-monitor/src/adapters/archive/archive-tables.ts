import { archiveColumns, type ArchiveColumn, type ArchiveTopic } from '../../domain/archive-row.js';
import { quoted } from './duckdb.js';

const topics = Object.keys(archiveColumns) as ArchiveTopic[];

/**
 * Statements that make the archive's files the tables `predictions` and `outcomes` of a DuckDB connection; without files
 * they are empty. An outcome that was told twice is there once.
 */
export function archiveTables(files: readonly { topic: string; path: string }[]): string[] {
  return topics.map((topic) =>
    viewOf(
      topic,
      files.filter((file) => file.topic === topic).map(({ path }) => path),
    ),
  );
}

function viewOf(topic: ArchiveTopic, paths: readonly string[]): string {
  const columns: readonly ArchiveColumn[] = archiveColumns[topic];
  const nothing = `SELECT ${columns.map(({ name, type }) => `NULL::${type} AS ${name}`).join(', ')} WHERE false`;
  const list = paths.map(quoted).join(', ');
  const all = paths.length === 0 ? nothing : `SELECT * FROM read_parquet([${list}], union_by_name = true)`;
  const once = 'QUALIFY row_number() OVER (PARTITION BY outcome_id ORDER BY gateway, sequence) = 1';
  return `CREATE OR REPLACE TEMP VIEW ${topic} AS SELECT * FROM (${all}) ${topic === 'outcomes' ? once : ''}`;
}
