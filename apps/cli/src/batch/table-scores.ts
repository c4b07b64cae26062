import { Client } from 'pg';
import { Problem } from '@vinaigrette/problems';
import type { OutputColumn } from '../domain/batch-plan.js';
import type { Rejected, ScoredRows } from '../domain/batch-rows.js';
import type { Checkpoint, Scores } from './scores.js';

const sqlTypes: Record<OutputColumn['type'], string> = {
  number: 'double precision',
  text: 'text',
  flag: 'boolean',
  json: 'jsonb',
};

/** Columns of ours that are no doubles. */
const ownTypes: Readonly<Record<string, string>> = {
  model_version: 'integer',
  use_case_version: 'integer',
  rule_set_version: 'integer',
  scored_at: 'timestamptz',
};

/** PostgreSQL may need so long to notice that the run before was killed. */
const CLAIM_WAIT_MS = 10_000;
/** https://www.postgresql.org/docs/current/errcodes-appendix.html */
const LOCK_NOT_AVAILABLE = '55P03';

const quoted = (name: string): string => `"${name.replaceAll('"', '""')}"`;

/**
 * A table of PostgreSQL with one row for each key and model version, the last one scored. It is made when it is not
 * there, with a table of its rejects; rows and the checkpoint that counts them are committed together.
 */
export class TableScores implements Scores {
  checkpoint: Checkpoint | undefined;

  private constructor(
    private readonly client: Client,
    private readonly name: string,
    private readonly table: string,
    private readonly key: string,
    private readonly written: readonly OutputColumn[],
  ) {}

  /** `table`: `name` or `schema.name`. Throws BATCH_RUNNING where another run writes there. */
  static async open(
    databaseUrl: string,
    table: string,
    { key, written }: { key: string | undefined; written: readonly OutputColumn[] },
    restart: boolean,
    waitMs = CLAIM_WAIT_MS,
  ): Promise<TableScores> {
    if (key === undefined) {
      throw new Problem('BATCH_INPUT_INVALID', 'A table wants --key, the column that says whose row it is', {
        field: 'key',
      });
    }
    const client = new Client({ connectionString: databaseUrl, application_name: 'vinaigrette-batch' });
    const path = table.split('.').map(quoted).join('.');
    const scores = new TableScores(client, table, path, key, written);
    try {
      await client.connect();
      await scores.makeTables();
    } catch (cause) {
      await client.end().catch(() => undefined);
      throw new Problem('DATABASE_UNREACHABLE', `Cannot write into ${table}: ${(cause as Error).message}`, { cause });
    }
    if (!(await scores.claim(waitMs))) {
      await client.end();
      throw new Problem('BATCH_RUNNING', `Another run writes into the table ${table}`);
    }
    if (!restart) scores.checkpoint = await scores.readCheckpoint();
    return scores;
  }

  async begin(): Promise<void> {
    if (this.checkpoint) return;
    await this.client.query(`DELETE FROM ${this.rejects}`);
    await this.client.query(`DELETE FROM ${this.checkpoints} WHERE output = $1`, [this.name]);
  }

  async append(scored: ScoredRows, checkpoint: Checkpoint): Promise<void> {
    await this.client.query('BEGIN');
    await this.insert(scored);
    await this.reject(scored.rejected);
    await this.client.query(
      `INSERT INTO ${this.checkpoints} VALUES ($1, $2) ON CONFLICT (output) DO UPDATE SET checkpoint = excluded.checkpoint`,
      [this.name, JSON.stringify(checkpoint)],
    );
    await this.client.query('COMMIT');
  }

  async finish(broken: readonly Rejected[]): Promise<void> {
    await this.client.query('BEGIN');
    await this.reject(broken);
    await this.client.query(`DELETE FROM ${this.checkpoints} WHERE output = $1`, [this.name]);
    await this.client.query('COMMIT');
  }

  close(): Promise<void> {
    return this.client.end();
  }

  /** Of two rows with one key the later one stays: a statement cannot change a row twice. */
  private async insert({ numbers, units, columns, shared }: ScoredRows): Promise<void> {
    const last = new Map(units.map((unit, row) => [unit, row]));
    const rows = [...last].flatMap(([unit, row]) => (unit === undefined ? [] : [row]));
    if (rows.length === 0) return;
    const all = [this.key, 'row', ...this.written.map(({ name }) => name)].map(quoted);
    const types = ['text', 'bigint', ...this.written.map(typeOf)];
    const values = [
      rows.map((row) => units[row]),
      rows.map((row) => numbers[row]),
      ...this.written.map(({ name, type }) => {
        const column = columns.get(name) ?? [];
        const same = shared.get(name) ?? null;
        return rows.map((row) => {
          const value = column[row] ?? same;
          return value === null || type !== 'json' ? value : JSON.stringify(value);
        });
      }),
    ];
    const lists = types.map((type, at) => `$${at + 1}::${type === 'jsonb' ? 'text' : type}[]`);
    const named = types.map((_, at) => `c${at}`);
    const selected = types.map((type, at) => (type === 'jsonb' ? `c${at}::jsonb` : `c${at}`));
    const updates = all.slice(1).map((name) => `${name} = excluded.${name}`);
    await this.client.query(
      `INSERT INTO ${this.table} (${all.join(', ')})
       SELECT ${selected.join(', ')} FROM unnest(${lists.join(', ')}) AS scored (${named.join(', ')})
       ON CONFLICT (${quoted(this.key)}, model_version) DO UPDATE SET ${updates.join(', ')}`,
      values,
    );
  }

  private async reject(rejected: readonly Rejected[]): Promise<void> {
    if (rejected.length === 0) return;
    await this.client.query(`INSERT INTO ${this.rejects} SELECT * FROM unnest($1::text[], $2::text[], $3::text[])`, [
      rejected.map(({ where }) => where),
      rejected.map(({ code }) => code),
      rejected.map(({ why }) => why),
    ]);
  }

  private async makeTables(): Promise<void> {
    const columns = this.written.map((column) => `${quoted(column.name)} ${typeOf(column)}`);
    await this.client.query(
      `CREATE TABLE IF NOT EXISTS ${this.table} (${quoted(this.key)} text NOT NULL, "row" bigint NOT NULL, ${columns.join(', ')}, PRIMARY KEY (${quoted(this.key)}, model_version))`,
    );
    await this.client.query(
      `CREATE TABLE IF NOT EXISTS ${this.rejects} ("where" text NOT NULL, code text NOT NULL, why text NOT NULL)`,
    );
    await this.client.query(
      `CREATE TABLE IF NOT EXISTS ${this.checkpoints} (output text PRIMARY KEY, checkpoint jsonb NOT NULL)`,
    );
  }

  /** False: another connection holds the table. PostgreSQL frees it when the connection ends, killed or not. */
  private async claim(waitMs: number): Promise<boolean> {
    await this.client.query(`SET lock_timeout = ${waitMs}`);
    try {
      await this.client.query(`SELECT pg_advisory_lock(hashtext('vinaigrette batch'), $1::regclass::oid::int)`, [
        this.table,
      ]);
    } catch (error) {
      if ((error as { code?: string }).code === LOCK_NOT_AVAILABLE) return false;
      throw error;
    }
    await this.client.query('RESET lock_timeout');
    return true;
  }

  private async readCheckpoint(): Promise<Checkpoint | undefined> {
    const select = `SELECT checkpoint FROM ${this.checkpoints} WHERE output = $1`;
    const { rows } = await this.client.query<{ checkpoint: Checkpoint }>(select, [this.name]);
    return rows[0]?.checkpoint;
  }

  private get rejects(): string {
    return beside(this.name, `${this.name.split('.').at(-1)}_rejects`);
  }

  private get checkpoints(): string {
    return beside(this.name, 'vinaigrette_batches');
  }
}

const typeOf = ({ name, type }: OutputColumn): string => ownTypes[name] ?? sqlTypes[type];

/** Another table in the same schema. */
const beside = (table: string, name: string): string => [...table.split('.').slice(0, -1), name].map(quoted).join('.');
