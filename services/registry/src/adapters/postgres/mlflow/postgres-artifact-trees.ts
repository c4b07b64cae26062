import { Problem } from '@vinaigrette/problems';
import type { EntityManager } from 'typeorm';
import { ArtifactTrees, type StoredEntry } from '../../../artifact-trees.js';
import { lockUntilCommit, type Database } from '../database.js';
import { lockUses } from '../postgres-artifact-uses.js';

interface Row {
  path: string;
  sha256: string;
  size_bytes: string;
}

const entryOf = ({ path, sha256, size_bytes }: Row): StoredEntry => ({ path, sha256, sizeBytes: Number(size_bytes) });

export class PostgresArtifactTrees extends ArtifactTrees {
  constructor(private readonly database: Database) {
    super();
  }

  put({ path, sha256, sizeBytes }: StoredEntry, checkFile: () => Promise<unknown>): Promise<void> {
    const parts = path.split('/');
    const parents = parts.slice(1).map((_, index) => parts.slice(0, index + 1).join('/'));
    return this.database.write(async (manager) => {
      await lockUntilCommit(manager, 'artifact', parts.slice(0, 2).join('/'));
      await lockUses(manager);
      await checkFile();
      const [found] = await manager.query<Row[]>(
        `SELECT path FROM registry.mlflow_artifact WHERE path = ANY($1) OR (path > $2 AND path < $3) LIMIT 1`,
        [parents, ...rangeBelow(path)],
      );
      if (found) {
        throw new Problem('BODY_INVALID', `${path} cannot be a file beside ${found.path}`, { field: 'path' });
      }
      await manager.query(
        `INSERT INTO registry.mlflow_artifact VALUES ($1, $2, $3)
         ON CONFLICT (path) DO UPDATE SET sha256 = excluded.sha256, size_bytes = excluded.size_bytes`,
        [path, sha256, sizeBytes],
      );
    });
  }

  async find(path: string): Promise<StoredEntry | undefined> {
    const [row] = await this.database.query<Row[]>('SELECT * FROM registry.mlflow_artifact WHERE path = $1', [path]);
    return row && entryOf(row);
  }

  async below(folder: string): Promise<StoredEntry[]> {
    const rows = await this.database.read((manager) =>
      folder === ''
        ? manager.query<Row[]>('SELECT * FROM registry.mlflow_artifact ORDER BY path')
        : manager.query<Row[]>(
            'SELECT * FROM registry.mlflow_artifact WHERE path > $1 AND path < $2 ORDER BY path',
            rangeBelow(folder),
          ),
    );
    return rows.map(entryOf);
  }

  async remove(path: string): Promise<void> {
    await this.database.change('DELETE FROM registry.mlflow_artifact WHERE path = $1 OR (path > $2 AND path < $3)', [
      path,
      ...rangeBelow(path),
    ]);
  }

  async freeze(folder: string, files: readonly StoredEntry[]): Promise<void> {
    await this.database.query(
      `INSERT INTO registry.mlflow_artifact SELECT * FROM unnest($1::text[], $2::text[], $3::bigint[])
         ON CONFLICT (path) DO NOTHING`,
      [
        files.map(({ path }) => `${folder}/${path}`),
        files.map(({ sha256 }) => sha256),
        files.map(({ sizeBytes }) => sizeBytes),
      ],
    );
  }
}

/** Gives a folder another place, where nothing may lie. */
export async function moveFolder(manager: EntityManager, from: string, to: string): Promise<void> {
  await manager.query(
    `UPDATE registry.mlflow_artifact SET path = $1 || substr(path, $2) WHERE path > $3 AND path < $4`,
    [to, from.length + 1, ...rangeBelow(from)],
  );
}

/** Every path below a folder lies between these two, in the order of bytes: "0" follows "/". */
const rangeBelow = (folder: string): [string, string] => [`${folder}/`, `${folder}0`];
