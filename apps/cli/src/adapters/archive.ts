import { DuckDBInstance, type DuckDBConnection } from '@duckdb/node-api';
import { archiveTables } from '@vinaigrette/drift-monitor/archive-tables';
import { Problem } from '@vinaigrette/problems';

/**
 * The tables `predictions` and `outcomes` over the monitor's archive, for as long as `work` takes; it is told of how many
 * files they are. This machine reads the files itself, so it must be one that can. Throws UPSTREAM_UNAVAILABLE.
 */
export async function withArchive<Answer>(
  monitorUrl: string,
  work: (connection: DuckDBConnection, files: number) => Promise<Answer>,
): Promise<Answer> {
  const files = await archiveFiles(monitorUrl);
  const instance = await DuckDBInstance.create(':memory:');
  const connection = await instance.connect();
  try {
    for (const table of archiveTables(files)) await connection.run(table);
    return await work(connection, files.length);
  } finally {
    connection.closeSync();
    instance.closeSync();
  }
}

async function archiveFiles(monitorUrl: string): Promise<{ topic: string; path: string }[]> {
  const url = `${monitorUrl}/v1/archive/files`;
  const answer = await fetch(url).catch((cause) => {
    throw new Problem('UPSTREAM_UNAVAILABLE', `The drift monitor does not answer at ${url}`, { cause });
  });
  if (!answer.ok) throw new Problem('UPSTREAM_UNAVAILABLE', `The drift monitor answered ${answer.status} at ${url}`);
  return ((await answer.json()) as { files: { topic: string; path: string }[] }).files;
}
