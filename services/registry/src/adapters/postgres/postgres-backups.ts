import { Problem } from '@vinaigrette/problems';
import type { EntityManager } from 'typeorm';
import { Backups, type TableRows } from '../../backups.js';
import type { Database } from './database.js';
import { nextRevision } from './wanted-revision.js';

const FETCHED = 500;
/** A registry that somebody keeps may hold these: they say nothing of models, and what is restored is added to them. */
const MAY_HOLD_ROWS = ['access_key', 'audit', 'webhook', 'webhook_delivery', 'artifact_check'];
/** Rows that every registry begins with; those of the backup take their place. */
const BEGINS_WITH_ROWS = ['wanted_revision', 'mlflow_experiment'];

interface Column {
  table: string;
  column: string;
}

export class PostgresBackups extends Backups {
  constructor(private readonly database: Database) {
    super();
  }

  async form(): Promise<string[]> {
    const rows = await this.database.read((manager) =>
      manager.query<{ name: string }[]>('SELECT name FROM registry.migration ORDER BY timestamp'),
    );
    return rows.map(({ name }) => name);
  }

  read(): AsyncIterable<TableRows> {
    return this.database.stream(readRows);
  }

  restore(rows: AsyncIterable<TableRows>, check: (sha256s: string[]) => Promise<void>): Promise<number> {
    return this.database.write(async (manager) => {
      const tables = await tablesOf(manager);
      await manager.query(`LOCK TABLE ${tables.map((table) => `registry.${table}`).join(', ')} IN EXCLUSIVE MODE`);
      await makeRoom(manager, tables);
      let restored = 0;
      for await (const { table, rowsJson } of rows) {
        if (!tables.includes(table)) {
          throw new Problem('BACKUP_INVALID', `There is no table ${table.slice(0, 80)}`, { field: 'table' });
        }
        await insert(manager, table, rowsJson);
        restored += rowsJson.length;
      }
      await countOn(manager);
      await check(await neededBy(manager));
      await nextRevision(manager);
      return restored;
    });
  }
}

/** Tables that others refer to come first. */
async function tablesOf(manager: EntityManager): Promise<string[]> {
  const rows = await manager.query<{ name: string }[]>(
    `SELECT relname AS name FROM pg_class
     WHERE relnamespace = 'registry'::regnamespace AND relkind = 'r' AND relname <> 'migration'
     ORDER BY (SELECT count(*) FROM pg_constraint WHERE conrelid = pg_class.oid AND contype = 'f'), relname`,
  );
  return rows.map(({ name }) => name);
}

async function* readRows(manager: EntityManager): AsyncIterable<TableRows> {
  for (const table of await tablesOf(manager)) {
    await manager.query(
      `DECLARE rows_of_table CURSOR FOR SELECT row_to_json(one)::text AS row FROM registry.${table} AS one`,
    );
    for (;;) {
      const rows = await manager.query<{ row: string }[]>(`FETCH ${FETCHED} FROM rows_of_table`);
      if (rows.length > 0) yield { table, rowsJson: rows.map(({ row }) => row) };
      if (rows.length < FETCHED) break;
    }
    await manager.query('CLOSE rows_of_table');
  }
}

async function makeRoom(manager: EntityManager, tables: readonly string[]): Promise<void> {
  for (const table of tables.filter((name) => !MAY_HOLD_ROWS.includes(name) && !BEGINS_WITH_ROWS.includes(name))) {
    const [found] = await manager.query<unknown[]>(`SELECT FROM registry.${table} LIMIT 1`);
    if (found) {
      throw new Problem('REGISTRY_NOT_EMPTY', `The registry knows something already: its table ${table} has rows`);
    }
  }
  for (const table of BEGINS_WITH_ROWS) await manager.query(`DELETE FROM registry.${table}`);
}

async function insert(manager: EntityManager, table: string, rowsJson: readonly string[]): Promise<void> {
  // The audit goes on where it is: the rows of the backup get numbers of their own.
  const numbers = table === 'audit' ? 'USER' : 'SYSTEM';
  try {
    await manager.query(
      `INSERT INTO registry.${table} OVERRIDING ${numbers} VALUE
       SELECT * FROM json_populate_recordset(NULL::registry.${table}, $1::json)`,
      [`[${rowsJson.join(',')}]`],
    );
  } catch (cause) {
    throw new Problem('BACKUP_INVALID', `Rows of ${table} do not fit: ${(cause as Error).message}`, { cause });
  }
}

/** Numbers that PostgreSQL gives go on above those that were restored. */
async function countOn(manager: EntityManager): Promise<void> {
  const columns = await manager.query<Column[]>(
    `SELECT table_name AS "table", column_name AS "column" FROM information_schema.columns
     WHERE table_schema = 'registry' AND is_identity = 'YES'`,
  );
  for (const { table, column } of columns) {
    await manager.query(
      `SELECT setval(pg_get_serial_sequence('registry.${table}', '${column}'), greatest(max(${column}), 1), max(${column}) > 0)
       FROM registry.${table}`,
    );
  }
}

async function neededBy(manager: EntityManager): Promise<string[]> {
  const rows = await manager.query<{ sha256: string }[]>(
    `SELECT file ->> 'sha256' AS sha256 FROM registry.model_version
     LEFT JOIN registry.collected_version USING (model, version), jsonb_array_elements(files) AS file
     WHERE collected_at IS NULL
     UNION SELECT sha256 FROM registry.mlflow_artifact`,
  );
  return rows.map(({ sha256 }) => sha256);
}
