import path from 'node:path';
import { NoShopTables, PostgresShopTables, type ReadyUseCase } from '@vinaigrette/app-gateway/parts';
import { createLogger, tlsOf } from '@vinaigrette/edge';
import { Problem } from '@vinaigrette/problems';
import { InvalidArgumentError, type Command } from 'commander';
import { AskVersion } from '../adapters/ask-version.js';
import { pinUseCase } from '../adapters/pin-use-case.js';
import type { BatchSource } from '../batch/batch-source.js';
import { FileScores, rejectsOf } from '../batch/file-scores.js';
import { openFile } from '../batch/file-source.js';
import { openQuery } from '../batch/query-source.js';
import { scoreBatch } from '../batch/score-batch.js';
import { ScoreRows } from '../batch/score-rows.js';
import type { BatchJob, Scores } from '../batch/scores.js';
import { TableScores } from '../batch/table-scores.js';
import { readConfig } from '../config.js';
import { planBatch, type BatchPlan } from '../domain/batch-plan.js';
import { changedIn } from '../domain/batch-job.js';
import { progressLine, type Progress } from '../domain/progress.js';
import { openRegistry } from './registry-of.js';

/** How often progress is told: on a terminal, and as lines of a log. */
const TELL_MS = { terminal: 200, log: 5_000 };

interface ScoreOptions {
  useCase: string;
  input: string;
  output: string;
  key?: string;
  outputs?: string[];
  rowsAtATime: number;
  calls: number;
  restart?: boolean;
}

export function addBatch(program: Command): void {
  program
    .command('batch')
    .description('answers to whole tables')
    .command('score')
    .requiredOption('--use-case <name>', 'whose model, rules and defaults answer')
    .requiredOption('--input <rows>', '.csv or .parquet, or a query to the PostgreSQL of SHOP_DATABASE_URL')
    .requiredOption('--output <answers>', '.csv or .parquet, or a table in that PostgreSQL')
    .option('--key <column>', 'names the customer, or whatever a row is about; a table and a query want it')
    .option('--outputs <names>', 'which outputs of a prediction are kept, with commas between', (names) =>
      names.split(','),
    )
    .option('--rows-at-a-time <count>', 'rows of one call', wholeNumber, 8_192)
    .option('--calls <count>', 'calls under way at a time', wholeNumber, 4)
    .option('--restart', 'begin anew, whatever an earlier run left')
    .description('answer every row as the gateway would, with the versions in force when it begins')
    .addHelpText(
      'after',
      `
A prediction reads columns by the names of the model's inputs, a recommendation the column \`basket\`; attributes and
moment, market and channel are read where they are there. In CSV a list is JSON, or has semicolons between.
Cut off, even by kill -9, it goes on when it is called again; while it runs, a second one into the same output is
refused, so a schedule may call it blindly. Rows without an answer are told in OUTPUT.rejects.csv, or
in the table OUTPUT_rejects.

Examples:
  $ vinaigrette batch score --use-case quote --input people.csv --output quotes.parquet
  $ vinaigrette batch score --use-case recommendations --key customer_id --output precomputed \\
      --input "SELECT customer_id, array_agg(sku) AS basket FROM sales GROUP BY customer_id"`,
    )
    .action(score);
}

async function score(options: ScoreOptions): Promise<void> {
  const config = readConfig(process.env);
  const registry = openRegistry();
  const tables = config.SHOP_DATABASE_URL
    ? new PostgresShopTables(config.SHOP_DATABASE_URL, createLogger('batch', 'warn'))
    : new NoShopTables();
  const source = await openSource(options, config.SHOP_DATABASE_URL);
  let [scores, version]: [Scores | undefined, AskVersion | undefined] = [undefined, undefined];
  try {
    let useCase = await pinUseCase(registry, options.useCase);
    let plan = planBatch(useCase, source.columns, options);
    scores = await openScores(options, plan, config.SHOP_DATABASE_URL);
    const begun = scores.checkpoint?.job;
    if (begun) {
      const changed = changedIn(begun, jobOf(useCase, source, options));
      if (changed.length > 0) {
        throw new Problem(
          'BATCH_CHANGED',
          `The run into ${options.output} was begun with another ${changed.join(', ')}`,
        );
      }
      useCase = await pinUseCase(registry, options.useCase, {
        useCase: begun.useCaseVersion,
        model: begun.modelVersion,
        ruleSet: begun.ruleSetVersion || undefined,
      });
      plan = planBatch(useCase, source.columns, options);
    }
    if (!config.SHOP_DATABASE_URL && Object.keys(useCase.document.lookups).length > 0) {
      throw new Problem('BATCH_INPUT_INVALID', `${options.useCase} looks rows up, and SHOP_DATABASE_URL is not set`);
    }
    console.log(announcement(useCase, scores.checkpoint?.position.rows ?? 0));
    version = new AskVersion(config.MODEL_SERVER_ADDRESS, useCase.wanted, tlsOf(config).client);
    const scorer = new ScoreRows(useCase, plan, version, tables);
    const screen = new Screen(await source.count());
    const sizes = { rowsAtATime: options.rowsAtATime, callsMax: options.calls };
    const job = jobOf(useCase, source, options);
    const done = await scoreBatch(job, { source, plan, scorer, scores }, sizes, (progress) => screen.tell(progress));
    screen.end(done);
    if (done.rejected > 0) console.log(`${done.rejected} rows have no answer: see ${placeOfRejects(options.output)}`);
  } finally {
    await scores?.close();
    version?.close();
    await source.close();
    await tables.close();
  }
}

function jobOf({ version, wanted, ruleSet }: ReadyUseCase, source: BatchSource, options: ScoreOptions): BatchJob {
  return {
    useCase: options.useCase,
    useCaseVersion: version,
    modelVersion: wanted.version,
    ruleSetVersion: ruleSet?.version ?? 0,
    input: source.identity,
    key: options.key,
    outputs: options.outputs,
  };
}

function announcement({ name, version, wanted, ruleSet }: ReadyUseCase, rows: number): string {
  const rules = ruleSet ? `, rule set ${ruleSet.name} ${ruleSet.version}` : '';
  const goesOn = rows > 0 ? `; goes on after row ${rows}` : '';
  return `use case ${name} ${version}, model ${wanted.model} ${wanted.version}${rules}${goesOn}`;
}

const isFile = (text: string): boolean => /\.(csv|parquet)$/.test(text);
const isQuery = (text: string): boolean => /^\s*(select|with|table)\s/i.test(text);

async function openSource({ input, key }: ScoreOptions, databaseUrl: string | undefined): Promise<BatchSource> {
  if (!isQuery(input)) return openFile(input);
  if (key === undefined) {
    throw new Problem('BATCH_INPUT_INVALID', 'A query wants --key, a column whose values no two rows share', {
      field: 'key',
    });
  }
  return openQuery(databaseOf(databaseUrl), input, key);
}

async function openScores(options: ScoreOptions, { written }: BatchPlan, databaseUrl: string | undefined) {
  const { output, key, restart = false } = options;
  if (isFile(output)) return FileScores.open(path.resolve(output), { key, written }, restart);
  if (/^[A-Za-z_][A-Za-z0-9_]*(\.[A-Za-z_][A-Za-z0-9_]*)?$/.test(output)) {
    return TableScores.open(databaseOf(databaseUrl), output, { key, written }, restart);
  }
  throw new Problem('BATCH_INPUT_INVALID', `${output} is neither a .csv or .parquet file nor a table`, {
    field: 'output',
  });
}

function databaseOf(url: string | undefined): string {
  if (url) return url;
  throw new Problem('BATCH_INPUT_INVALID', 'Queries and tables want SHOP_DATABASE_URL, which is not set');
}

const placeOfRejects = (output: string): string => (isFile(output) ? rejectsOf(output) : `the table ${output}_rejects`);

/** A bar on a terminal, a line now and then elsewhere. */
class Screen {
  private toldAtMs = performance.now();
  private readonly terminal = process.stdout.isTTY;

  constructor(private readonly total: number) {}

  tell(progress: Omit<Progress, 'total'>): void {
    const nowMs = performance.now();
    if (nowMs - this.toldAtMs < (this.terminal ? TELL_MS.terminal : TELL_MS.log)) return;
    this.toldAtMs = nowMs;
    this.write(progress);
  }

  end(progress: Omit<Progress, 'total'>): void {
    this.write(progress);
    if (this.terminal) process.stdout.write('\n');
  }

  private write(progress: Omit<Progress, 'total'>): void {
    const line = progressLine({ ...progress, total: this.total });
    process.stdout.write(this.terminal ? `\r\x1b[2K${line}` : `${line}\n`);
  }
}

function wholeNumber(word: string): number {
  if (!/^[1-9]\d{0,6}$/.test(word)) throw new InvalidArgumentError('It is a whole number from 1 on');
  return Number(word);
}
