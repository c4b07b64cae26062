import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Command } from 'commander';
import { Problem } from '@vinaigrette/problems';
import { readGraph, type LoggedRow } from '@vinaigrette/signature';
import {
  answeredBaseline,
  goldenAnswers,
  ModelSession,
  trainingLineage,
  writeVersionFiles,
} from '@vinaigrette/training';
import { identify } from '@vinaigrette/tables';
import { readTable } from '../adapters/read-table.js';
import { batchOf, planImport, spread, type ImportPlan } from '../domain/import-plan.js';
import { push, type PushOptions } from './models.js';

const GOLDEN_ROWS = 50;
const BATCH_ROWS = 256;

interface ImportOptions extends PushOptions {
  data: string;
  ignore?: string[];
  out?: string;
}

/** `models import`: what a version needs and an ONNX file from elsewhere does not bring. */
export function addImport(models: Command): void {
  models
    .command('import')
    .argument('<file>', 'an ONNX graph')
    .requiredOption('--name <model>', 'name in the registry')
    .requiredOption('--data <table>', '.csv or .parquet: rows it was trained on, a column for each input')
    .option('--ignore <columns...>', 'columns that are no inputs')
    .option('--out <folder>', 'keep the files there as well')
    .option('--description <text>', 'why this version exists', '')
    .option('--alias <alias>', 'move this alias to the new version as well')
    .option('--reason <text>', 'why the alias moves')
    .description('register a model from elsewhere, with golden answers and a baseline made from your own data')
    .addHelpText(
      'after',
      '\nExample:\n  $ vinaigrette models import churn.onnx --name churn --data training.csv --ignore churned',
    )
    .action(importModel);
}

async function importModel(file: string, options: ImportOptions, command: Command): Promise<void> {
  const onnx = await readFile(file).catch((cause: Error) => {
    throw new Problem('FILE_UNREADABLE', `${file} cannot be read: ${cause.message}`, { field: 'file', cause });
  });
  const { columns, rows } = await readTable(options.data);
  const asked = columns.map(({ name }) => name).filter((name) => !options.ignore?.includes(name));
  // What is asked is the graph as it is served; what is kept is the file as it came.
  const graph = readGraph(onnx);
  const plan = planImport(graph.signature, asked);
  const folder = options.out ?? (await mkdtemp(path.join(tmpdir(), 'vinaigrette-import-')));
  try {
    const files = await filesOf(graph.model, plan, rows, options.data);
    await writeVersionFiles(folder, { ...files, 'model.onnx': onnx });
    if (plan.unjudged.length > 0)
      console.log(`The drift of ${plan.unjudged.join(', ')} is not judged: lists of numbers`);
    await push(folder, options, command);
  } finally {
    if (options.out === undefined) await rm(folder, { recursive: true, force: true });
  }
}

async function filesOf(
  served: Uint8Array,
  plan: ImportPlan,
  rows: readonly LoggedRow[],
  data: string,
): Promise<Record<string, unknown>> {
  const session = await ModelSession.open(served);
  try {
    const examples = spread(rows, GOLDEN_ROWS).map((row) => batchOf(plan, [row]));
    const { sha256 } = await identify({ input: data });
    return {
      'signature.json': plan.signature,
      'golden.json': await goldenAnswers(session, examples, () => {}),
      'baseline.json': await answeredBaseline(session, plan.signature, plan.features, batches(plan, rows)),
      'lineage.json': await trainingLineage({
        data: [{ name: path.basename(data), digest: sha256 ?? '', rows: rows.length }],
      }),
    };
  } finally {
    await session.close();
  }
}

function* batches(plan: ImportPlan, rows: readonly LoggedRow[]) {
  for (let first = 0; first < rows.length; first += BATCH_ROWS) {
    yield batchOf(plan, rows.slice(first, first + BATCH_ROWS));
  }
}
