import { existsSync } from 'node:fs';
import { open, readFile, rename, rm, type FileHandle } from 'node:fs/promises';
import path from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';
import { Problem } from '@vinaigrette/problems';
import { versionColumns, type OutputColumn } from '../domain/batch-plan.js';
import type { Rejected, ScoredRows } from '../domain/batch-rows.js';
import { csvCell, csvLine } from '../domain/csv.js';
import { claim } from '../house/claim.js';
import type { Checkpoint, Scores } from './scores.js';

/** Rows are promised at most so much later than they are written, in milliseconds: a promise costs a sync. */
const CHECKPOINT_MS = 1_000;

const REJECTS_HEAD = 'where,code,why\n';

interface Kept extends Checkpoint {
  /** Bytes of either file that the checkpoint counts; what comes after them is of a run that was cut off. */
  bytes: number;
  rejectBytes: number;
  /** Everything is written, and only names have to change. */
  whole: boolean;
}

const sqlTypes: Record<OutputColumn['type'], string> = {
  number: 'DOUBLE',
  text: 'VARCHAR',
  flag: 'BOOLEAN',
  json: 'JSON',
};

/**
 * A CSV or Parquet file, made beside its final name: FILE.partial, FILE.checkpoint.json and FILE.rejects.csv. A Parquet
 * file cannot grow, so rows are kept as CSV until the last one is there.
 */
export class FileScores implements Scores {
  private rows: FileHandle | undefined;
  private rejects: FileHandle | undefined;
  private bytes = 0;
  private rejectBytes = 0;
  private last: Checkpoint | undefined;
  private promisedAtMs = performance.now();

  private constructor(
    private readonly file: string,
    private readonly key: string | undefined,
    private readonly written: readonly OutputColumn[],
    private readonly kept: Kept | undefined,
    private readonly release: () => void,
  ) {}

  /**
   * `restart`: forgets what there is. Throws BATCH_RUNNING where another run writes there, and BATCH_OUTPUT_TAKEN where
   * the file is there and nothing is to be resumed.
   */
  static async open(
    file: string,
    columns: { key: string | undefined; written: readonly OutputColumn[] },
    restart: boolean,
  ): Promise<FileScores> {
    const running = (pid: number) => new Problem('BATCH_RUNNING', `Process ${pid} writes into ${file}`);
    const release = await claim(lockOf(file), running);
    const kept = restart ? undefined : await readCheckpoint(checkpointOf(file));
    if (!kept && !restart && existsSync(file)) {
      release();
      throw new Problem('BATCH_OUTPUT_TAKEN', `${file} is there already, and no run into it was cut off`, {
        field: 'output',
      });
    }
    return new FileScores(file, columns.key, columns.written, kept, release);
  }

  get checkpoint(): Checkpoint | undefined {
    return this.kept;
  }

  async begin(): Promise<void> {
    if (this.kept?.whole) return;
    this.rows = await open(partialOf(this.file), this.kept ? 'r+' : 'w');
    this.rejects = await open(rejectsOf(this.file), this.kept ? 'r+' : 'w');
    if (this.kept) {
      await this.rows.truncate(this.kept.bytes);
      await this.rejects.truncate(this.kept.rejectBytes);
      [this.bytes, this.rejectBytes] = [this.kept.bytes, this.kept.rejectBytes];
    } else {
      await rm(checkpointOf(this.file), { force: true });
      await this.write(csvLine(this.columnNames()), REJECTS_HEAD);
    }
  }

  async append(scored: ScoredRows, checkpoint: Checkpoint): Promise<void> {
    await this.write(this.linesOf(scored), scored.rejected.map(rejectLine).join(''));
    this.last = checkpoint;
    if (performance.now() - this.promisedAtMs >= CHECKPOINT_MS) await this.promise(false);
  }

  async finish(broken: readonly Rejected[]): Promise<void> {
    if (!this.kept?.whole) {
      await this.write('', broken.map(rejectLine).join(''));
      this.last ??= this.kept;
      await this.promise(true);
      await this.closeFiles();
    }
    const partial = partialOf(this.file);
    if (existsSync(partial)) {
      if (path.extname(this.file) === '.parquet') await this.toParquet(partial);
      else await rename(partial, this.file);
    }
    await rm(checkpointOf(this.file), { force: true });
  }

  async close(): Promise<void> {
    await this.closeFiles();
    this.release();
  }

  private async closeFiles(): Promise<void> {
    const [rows, rejects] = [this.rows, this.rejects];
    [this.rows, this.rejects] = [undefined, undefined];
    await rows?.close();
    await rejects?.close();
  }

  private columnNames(): string[] {
    const key = this.key === undefined ? [] : [this.key];
    return ['row', ...key, ...this.written.map(({ name }) => name)];
  }

  private linesOf({ numbers, units, columns, shared }: ScoredRows): string {
    const isShared = ({ name }: OutputColumn) => versionColumns.some((column) => column.name === name);
    const own = this.written.filter((column) => !isShared(column)).map(({ name }) => columns.get(name) ?? []);
    if (this.key !== undefined) own.unshift(units);
    const end = csvLine(this.written.filter(isShared).map(({ name }) => shared.get(name)));
    let lines = '';
    for (let row = 0; row < numbers.length; row++) {
      lines += String(numbers[row]);
      for (const column of own) lines += `,${csvCell(column[row])}`;
      lines += `,${end}`;
    }
    return lines;
  }

  private async write(rows: string, rejects: string): Promise<void> {
    if (rows !== '') this.bytes += (await this.rows!.write(rows, this.bytes)).bytesWritten;
    if (rejects !== '') this.rejectBytes += (await this.rejects!.write(rejects, this.rejectBytes)).bytesWritten;
  }

  /** The rows are on the disk before the checkpoint that counts them. */
  private async promise(whole: boolean): Promise<void> {
    await Promise.all([this.rows!.datasync(), this.rejects!.datasync()]);
    const kept: Partial<Kept> = { ...this.last, bytes: this.bytes, rejectBytes: this.rejectBytes, whole };
    const next = `${checkpointOf(this.file)}.next`;
    const handle = await open(next, 'w');
    await handle.writeFile(JSON.stringify(kept));
    await handle.datasync();
    await handle.close();
    await rename(next, checkpointOf(this.file));
    this.promisedAtMs = performance.now();
  }

  private async toParquet(partial: string): Promise<void> {
    const types = this.columnNames().map((name) => {
      const type = name === 'row' ? 'BIGINT' : sqlTypes[this.written.find((it) => it.name === name)?.type ?? 'text'];
      return `'${name.replaceAll("'", "''")}': '${type}'`;
    });
    const text = (file: string) => `'${file.replaceAll("'", "''")}'`;
    const instance = await DuckDBInstance.create(':memory:');
    const connection = await instance.connect();
    const unfinished = `${this.file}.unfinished`;
    const rows = `SELECT * FROM read_csv(${text(partial)}, header = true, columns = {${types.join(', ')}})`;
    await connection.run(`COPY (${rows}) TO ${text(unfinished)} (FORMAT parquet, COMPRESSION zstd)`);
    connection.closeSync();
    instance.closeSync();
    await rename(unfinished, this.file);
    await rm(partial);
  }
}

const partialOf = (file: string): string => `${file}.partial`;
const checkpointOf = (file: string): string => `${file}.checkpoint.json`;
/** Holds the id of the process that writes. */
const lockOf = (file: string): string => `${file}.lock`;

/** Where the rows are told that have no answer. */
export const rejectsOf = (file: string): string => `${file}.rejects.csv`;

const rejectLine = ({ where, code, why }: Rejected): string => csvLine([where, code, why]);

async function readCheckpoint(file: string): Promise<Kept | undefined> {
  const text = await readFile(file, 'utf8').catch(() => undefined);
  return text === undefined ? undefined : (JSON.parse(text) as Kept);
}
