import { resolve } from 'node:path';
import { runPipeline, type Step, type StepOutcome } from '@vinaigrette/pipeline';
import { Problem } from '@vinaigrette/problems';
import { BAD_LINES_MAX, identify, nameOf, takeIn, tellIntake, type IntakeReport } from '@vinaigrette/tables';
import { z } from 'zod';
import { parseOptions } from './parse-options.js';
import type { Progress, Reached, Recipe, VersionFiles } from './recipe.js';
import { trainingLineage } from './training-lineage.js';
import { writeVersionFiles } from './version-files.js';

const sourceSchema = z.strictObject({
  /** Path of a CSV or Parquet file, or the address of a PostgreSQL, which wants a table or a query. */
  input: z.string().min(1),
  table: z.string().min(1).optional(),
  query: z.string().min(1).optional(),
  /** Share of the lines that may be unusable. */
  badLinesMax: z.number().min(0).max(1).default(BAD_LINES_MAX),
  /** CSV that lists the unusable lines; absent: they are counted only. */
  rejectsFile: z.string().min(1).optional(),
});
const placeSchema = sourceSchema.extend({
  /** Folder for the version's files; made when missing, files of the same names are replaced. */
  outDir: z.string().min(1),
});

export type SourceOptions = z.input<typeof sourceSchema>;
/** Where from, where to, and the parameters of the recipe beside them. */
export type VersionOptions<Schema extends z.ZodObject> = z.input<typeof placeSchema> & z.input<Schema>;

/** Where steps keep what they answered. */
export interface StepCache {
  dir: string;
  /** Digest of the code that runs, as `codeDigest` makes it. */
  code: string;
}

/** How a training is run. */
export interface TrainingRun {
  /** Absent: every step runs. */
  cache?: StepCache | undefined;
  /** The folder of the code, and the words that start the model's program from there: how it is trained again. */
  code?: { root: string; program: readonly string[] };
}

interface Loaded<Data> {
  data: Data;
  report: IntakeReport;
}

/**
 * Trains a version and writes its files to `outDir`, card.json last; answers the card, and which steps had to run. Apart
 * from the card's times and costs, the same rows and parameters give the same bytes, whatever door they came through.
 *
 * Throws TRAINING_OPTION_INVALID, TRAINING_DATA_INVALID, BAD_LINES_TOO_MANY, FILE_UNREADABLE, DATABASE_UNREACHABLE, or
 * what the recipe throws; then nothing is written.
 */
export async function trainVersion<Schema extends z.ZodObject, Data, Card>(
  recipe: Recipe<Schema, Data, Card>,
  given: VersionOptions<Schema>,
  progress: Progress = () => {},
  { cache, code }: TrainingRun = {},
): Promise<{ card: Card; steps: StepOutcome[] }> {
  const { place, parameters } = checked(recipe, placeSchema, given);
  const identity = await identify(place);
  const load = loadStep(recipe, place, identity.sha256, progress);
  const train: Step = {
    name: 'train',
    needs: ['load'],
    parameters: Object.keys(recipe.parameters.shape),
    run: async ({ load }, all) => {
      const { data, report } = load as Loaded<Data>;
      const provenance = { ...identity, ...report };
      return asRefusal(nameOf(place), () => recipe.train(data, all as z.output<Schema>, provenance, progress));
    },
  };
  const { answers, outcomes } = await runPipeline([load, train], {
    parameters: {
      ...parameters,
      rejectsFile: place.rejectsFile && resolve(place.rejectsFile),
      badLinesMax: place.badLinesMax,
    },
    code: cache?.code ?? '',
    cacheDir: cache?.dir,
    progress: ({ name, cached, durationMs }) =>
      progress(cached ? `${name}: nothing changed, taken from before` : `${name}: ran for ${durationMs} ms`),
  });
  const { 'card.json': card, ...files } = answers['train'] as VersionFiles<Card>;
  const [, trained] = outcomes as [StepOutcome, StepOutcome];
  const { rows, rowsSha256 = '' } = (answers['load'] as Loaded<Data>).report;
  const lineage = await trainingLineage(
    {
      // A database has no bytes of its own: what was read of it is what has a digest.
      data: [{ name: identity.source, digest: identity.sha256 ?? rowsSha256, rows }],
      pipeline: { digest: trained.key },
      ...asLineage(parameters, place, code?.program),
      ...known(recipe.reached(card)),
    },
    code?.root,
  );
  await writeVersionFiles(place.outDir, { ...files, 'lineage.json': lineage, 'card.json': card });
  progress(`wrote ${place.outDir}`);
  return { card, steps: outcomes };
}

function known({ metrics, segments = [] }: Reached) {
  const told = (numbers: Reached['metrics']) =>
    Object.fromEntries(Object.entries(numbers).filter((entry): entry is [string, number] => entry[1] !== null));
  return {
    metrics: told(metrics),
    segments: segments.map((one) => ({ ...one, metrics: told(one.metrics) })),
  };
}

/** Parameters as JSON has them, and the command that trains with them again. */
function asLineage(
  given: object,
  { table, query, badLinesMax }: z.output<typeof sourceSchema>,
  program: readonly string[] | undefined,
) {
  const parameters = JSON.parse(JSON.stringify(given)) as Record<string, z.core.util.JSONType>;
  if (!program) return { parameters };
  const sets = Object.entries(parameters).flatMap(([name, value]) => [
    '--set',
    `${name}=${typeof value === 'string' ? value : JSON.stringify(value)}`,
  ]);
  const reading = [
    ...(table === undefined ? [] : ['--table', table]),
    ...(query === undefined ? [] : ['--query', query]),
    ...(badLinesMax === BAD_LINES_MAX ? [] : ['--bad-lines-max', String(badLinesMax)]),
  ];
  const words = ['train', '{data}', ...reading, '--out-dir', '{out}', '--no-cache', ...sets];
  return { parameters, command: [...program, ...words] };
}

/** The rows of a source as a recipe loads them, for whoever does without a version. Throws as `trainVersion` does. */
export async function loadData<Schema extends z.ZodObject, Data, Card>(
  recipe: Recipe<Schema, Data, Card>,
  given: SourceOptions & z.input<Schema>,
  progress: Progress = () => {},
): Promise<{ data: Data; parameters: z.output<Schema> }> {
  const { place, parameters } = checked(recipe, sourceSchema, given);
  const { data } = (await loadStep(recipe, place, null, progress).run({}, parameters)) as Loaded<Data>;
  return { data, parameters };
}

/** A RangeError of a computation means that the rows hold nothing to be learned. */
export async function asRefusal<Answer>(name: string, compute: () => Promise<Answer> | Answer): Promise<Answer> {
  try {
    return await compute();
  } catch (cause) {
    if (!(cause instanceof RangeError)) throw cause;
    const message = `${name} cannot be learned from: ${cause.message}`;
    throw new Problem('TRAINING_DATA_INVALID', message, { field: 'input', cause });
  }
}

function loadStep<Schema extends z.ZodObject, Data, Card>(
  recipe: Recipe<Schema, Data, Card>,
  place: z.output<typeof sourceSchema>,
  sha256: string | null,
  progress: Progress,
): Step {
  return {
    name: 'load',
    needs: [],
    // The list of rejects is written while the source is read: another list, another reading.
    parameters: [...recipe.loadParameters, 'rejectsFile', 'badLinesMax'],
    reads: sha256,
    run: async (_, parameters) => {
      const taken = await takeIn(nameOf(place), place, (intake) =>
        recipe.load(place, parameters as z.output<Schema>, intake),
      );
      for (const line of tellIntake(taken.report)) progress(line);
      return taken;
    },
  };
}

/** Tells the parameters of the recipe from where rows come from and files go to, and checks each. */
function checked<Schema extends z.ZodObject, Place extends typeof sourceSchema>(
  { parameters }: { parameters: Schema },
  placeOf: Place,
  given: object,
): { place: z.output<Place>; parameters: z.output<Schema> } {
  const said = Object.entries(given).filter(([, value]) => value !== undefined);
  const ofPlace = said.filter(([name]) => name in placeOf.shape);
  const others = said.filter(([name]) => !(name in placeOf.shape));
  return {
    place: parseOptions(placeOf, Object.fromEntries(ofPlace) as z.input<Place>),
    parameters: parseOptions(parameters.strict(), Object.fromEntries(others)) as z.output<Schema>,
  };
}
