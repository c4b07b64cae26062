import { writeFile } from 'node:fs/promises';
import { buildBaseline, type Baseline } from '@vinaigrette/drift';
import type { LoggedRow } from '@vinaigrette/signature';
import type { Command } from 'commander';
import { readTable } from '../adapters/read-table.js';
import { planBaseline } from '../domain/baseline-plan.js';

interface Options {
  output: string;
  ignore?: string[];
  segment?: string[];
  category?: string[];
  learn?: string;
}

export function addBaseline(program: Command): void {
  program
    .command('baseline')
    .argument('<file>', '.csv, .csv.gz or .parquet: the training rows, a column for each tensor that is logged')
    .option('--output <file>', 'where to write it', 'baseline.json')
    .option('--ignore <columns...>', 'columns that are no features')
    .option('--segment <columns...>', 'columns that divide the rows: each of their values gets a baseline of its own')
    .option('--category <columns...>', 'columns of numbers that only name something')
    .option('--learn <chunks>', 'learn alarm floors from so many chunks of the rows, which are in the order of time')
    .description('make the baseline of a model version from its training data')
    .addHelpText('after', '\nExample:\n  $ vinaigrette baseline training.parquet --ignore id --segment country')
    .action(async (file: string, { output, ignore, segment, category, learn }: Options) => {
      const { columns, rows } = await readTable(file);
      const plan = planBaseline(columns, {
        ...(ignore ? { ignore } : {}),
        ...(segment ? { segments: segment } : {}),
        ...(category ? { categories: category } : {}),
      });
      const baseline = buildBaseline(plan.definitions, rows, undefined, {
        ...(plan.segments.length > 0 ? { segments: rows.map((row) => segmentsOf(row, plan.segments)) } : {}),
        ...(learn === undefined ? {} : { learnFromChunks: Number(learn) }),
      });
      await writeFile(output, `${JSON.stringify(baseline)}\n`);
      console.log(summary(baseline, output));
    });
}

function segmentsOf(row: LoggedRow, columns: readonly string[]): string[] {
  return columns.flatMap((column) => {
    const value = row[column]?.[0];
    return value === undefined || value === '' || Number.isNaN(value) ? [] : [`${column}=${value}`];
  });
}

function summary({ rows, features, segments = [] }: Baseline, output: string): string {
  const of = segments.length > 0 ? ` and of ${segments.length} segments` : '';
  return `${output} is the baseline of ${rows} rows${of}: ${features.map(({ name, kind }) => `${name} (${kind})`).join(', ')}`;
}
