import { readFile, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join, relative } from 'node:path';
import { codeDigest } from '@vinaigrette/pipeline';
import { Problem } from '@vinaigrette/problems';
import { Command, Option } from 'commander';
import { stringify } from 'yaml';
import type { z } from 'zod';
import { FileRunLog, MlflowRunLog, type RunLog } from './log-runs.js';
import { numberFrom, parameterOptions } from './parameter-options.js';
import { readParameters } from './read-parameters.js';
import type { Recipe } from './recipe.js';
import { trainVersion, type SourceOptions, type VersionOptions } from './train-version.js';
import { tuneParameters, type SearchOptions } from './tune-parameters.js';

const tell = (done: string) => void process.stderr.write(`- ${done}\n`);

/** Options that every command over a source has, beside the parameters of the recipe. */
interface SourceWords {
  table?: string;
  query?: string;
  parameters?: string;
  set: string[];
  badLinesMax?: number;
  rejects?: string;
}

/**
 * The command line of a model: `train` and `tune`. Parameters come from the recipe's own values, then a file, then
 * `--set`, then options, later ones winning. Progress goes to stderr, results as JSON or YAML to stdout.
 *
 * @param packageDir the folder of the model's package.json
 */
export function modelProgram<Schema extends z.ZodObject, Data, Card>(
  recipe: Recipe<Schema, Data, Card>,
  packageDir: string,
): Command {
  const program = new Command(recipe.model).description(`Trains and writes versions of the model \`${recipe.model}\``);
  withSource(program.command('train'), recipe)
    .description(`learn ${recipe.about}, and write a version: graph, signature, golden answers, baseline, card`)
    .requiredOption('--out-dir <folder>', 'where the files go')
    .option('--rejects <file>', 'list of the lines that cannot be used (default: beside --out-dir, .rejects.csv)')
    .option('--cache-dir <folder>', 'where steps keep their answers', join('.vinaigrette', 'pipeline', recipe.model))
    .option('--no-cache', 'run every step')
    .option('--json', 'one line of JSON: card, outDir, steps')
    .action(async (input: string | undefined, words: SourceWords & TrainWords) => {
      const { outDir } = words;
      const options = await given(recipe, input, { rejects: `${outDir}.rejects.csv`, ...words });
      const cache = words.cache ? { dir: words.cacheDir, code: await codeOf(packageDir) } : undefined;
      const trained = await trainVersion(recipe, { ...options, outDir } as VersionOptions<Schema>, tell, {
        cache,
        code: codeAt(packageDir),
      });
      const { card, steps } = trained;
      process.stdout.write(`${words.json ? JSON.stringify({ card, outDir, steps }) : JSON.stringify(card, null, 2)}\n`);
    });
  withSource(program.command('tune'), recipe)
    .description(`look for the parameters of the best ${recipe.scoredBy} on rows held back; print them as YAML`)
    .requiredOption('--try <key=values>', 'a parameter and a,b,c or 0.1..0.5; may be repeated', collected, [])
    .addOption(
      new Option('--search <how>', 'every combination, or some by chance')
        .choices(['grid', 'random'])
        .default('random'),
    )
    .option('--trials <number>', 'candidates drawn by chance', numberFrom, 20)
    .option('--draw-seed <number>', 'the same seed draws the same ones', numberFrom, 1)
    .option('--runs <file>', 'where every trial is written down, a line of JSON each', `${recipe.model}-runs.jsonl`)
    .option('--out <file>', 'write the best parameters into this file')
    .addHelpText('after', '\nWith MLFLOW_TRACKING_URI (the registry is one) every trial is a run there instead.')
    .action(async (input: string | undefined, words: SourceWords & TuneWords) => {
      const options = await given(recipe, input, words);
      const log = await runLog(recipe, words.runs);
      const space = await readParameters(undefined, words.try);
      const search = { space: textsOf(space), search: words.search, trials: words.trials, seed: words.drawSeed };
      const { best, parameters } = await tuneParameters(recipe, options, search, log, tell);
      tell(`best: ${recipe.scoredBy} ${best.score.toFixed(4)}`);
      const yaml = stringify(parameters);
      if (words.out !== undefined) await writeFile(words.out, yaml);
      process.stdout.write(yaml);
    });
  return program;
}

interface TrainWords {
  outDir: string;
  cacheDir: string;
  cache: boolean;
  json?: true;
}

interface TuneWords extends Required<Pick<SearchOptions, 'search' | 'trials'>> {
  try: string[];
  drawSeed: number;
  runs: string;
  out?: string;
}

/** Runs a command line to its end; a failure that has a remedy is told without a stack. */
export async function runProgram(program: Command): Promise<void> {
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error;
    process.exit(0); // whoever read (`| head`) has seen enough
  });
  try {
    await program.parseAsync();
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    process.stderr.write(`[${error.code}] ${error.message}\n  ${error.remedy}\n`);
    process.exitCode = 1;
  }
}

function withSource(command: Command, recipe: { parameters: z.ZodObject }): Command {
  command
    .argument('[input]', 'CSV (plain or .gz), Parquet, or postgres://...; without it the database of DATABASE_URL')
    .option('--table <name>', 'table of the database')
    .option('--query <sql>', 'or a query; name an order in it')
    .option('--parameters <file>', 'YAML with names and values')
    .option('--set <key=value>', 'a parameter; may be repeated', collected, [])
    .option('--bad-lines-max <share>', 'share of the lines that may be unusable (default: 0.01)', numberFrom);
  for (const option of parameterOptions(recipe.parameters)) command.addOption(option);
  return command;
}

/** What was said on the command line as the options of a training. */
async function given<Schema extends z.ZodObject>(
  recipe: { parameters: Schema },
  input: string | undefined,
  words: SourceWords,
): Promise<SourceOptions & z.input<Schema>> {
  const { table, query, badLinesMax, rejects } = words;
  const source = input ?? process.env['DATABASE_URL'];
  if (source === undefined) {
    throw new Problem('TRAINING_OPTION_INVALID', 'Name a file, or a database by DATABASE_URL', { field: 'input' });
  }
  const options = Object.entries(words).filter(
    ([name, value]) => name in recipe.parameters.shape && value !== undefined,
  );
  const parameters = { ...(await readParameters(words.parameters, words.set)), ...Object.fromEntries(options) };
  return { ...parameters, input: source, table, query, badLinesMax, rejectsFile: rejects } as SourceOptions &
    z.input<Schema>;
}

function runLog({ model, scoredBy }: { model: string; scoredBy: string }, file: string): Promise<RunLog> | RunLog {
  const url = process.env['MLFLOW_TRACKING_URI'];
  return url ? MlflowRunLog.open(url, `tune-${model}`, scoredBy) : new FileRunLog(file);
}

/** The package lies two folders below the root, as every package of a workspace does. */
function codeAt(packageDir: string) {
  const root = join(packageDir, '../..');
  return { root, program: ['node', relative(root, process.argv[1] ?? '').replaceAll('\\', '/')] };
}

/** What a model runs is its own compiled code, and that of the libraries it names. */
async function codeOf(packageDir: string): Promise<string> {
  const file = join(packageDir, 'package.json');
  const { dependencies = {} } = JSON.parse(await readFile(file, 'utf8')) as { dependencies?: Record<string, string> };
  const require = createRequire(file);
  const ours = Object.keys(dependencies).filter((name) => name.startsWith('@vinaigrette/'));
  const folders = [packageDir, ...ours.map((name) => dirname(require.resolve(`${name}/package.json`)))];
  return codeDigest(folders.map((folder) => join(folder, 'dist', 'src')));
}

const collected = (text: string, before: string[]): string[] => [...before, text];

const textsOf = (space: Record<string, unknown>): Record<string, string> =>
  Object.fromEntries(Object.entries(space).map(([name, value]) => [name, String(value)]));
