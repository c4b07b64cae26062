import { readFile } from 'node:fs/promises';
import { fromJson } from '@bufbuild/protobuf';
import type { Command } from 'commander';
import { EvaluationSchema, type Evaluation } from '@vinaigrette/contracts/registry';
import { Problem } from '@vinaigrette/problems';
import { table } from '../domain/table.js';
import { versionNumber } from './models.js';
import { openCalls } from './registry-of.js';
import { timeOf } from './words.js';

/** What promotion policies judge by. */
export function addEvaluations(program: Command): void {
  const evaluations = program.command('evaluations').description('numbers that versions reached, which gates judge by');
  evaluations
    .command('put')
    .argument('<model>')
    .argument('<version>', 'its number', versionNumber)
    .argument('<file>', 'JSON as PutEvaluation takes it: validationSet, digest, dataUntilMs, metrics, segments')
    .description('keep what a version reached on a validation set; nothing of it changes later')
    .addHelpText(
      'after',
      `
Example of a file:
  { "validationSet": "july", "metrics": { "recall": 0.41, "latency_ms_p99": 3.2 },
    "segments": [{ "segment": "country=DE", "rows": 812, "metrics": { "recall": 0.44 } }] }`,
    )
    .action(async (model: string, version: number, file: string) => {
      const { calls, actor } = openCalls();
      const { evaluation } = await calls.putEvaluation({
        evaluation: { ...(await read(file)), model, version, actor },
      });
      console.log(`${model} ${version} on ${evaluation?.validationSet}: ${metricsOf(evaluation?.metrics)}`);
    });
  evaluations
    .command('list')
    .argument('<model>')
    .argument('[version]', 'of that version alone', versionNumber)
    .description('evaluations of a model, newest first')
    .action(async (model: string, version?: number) =>
      console.log(listing((await openCalls().calls.listEvaluations({ model, version: version ?? 0 })).evaluations)),
    );
  program
    .command('approve')
    .argument('<model>')
    .argument('<version>', 'its number', versionNumber)
    .requiredOption('--reason <text>', 'kept with the approval')
    .description('approve a version, for policies that ask for people')
    .action(async (model: string, version: number, { reason }: { reason: string }) => {
      const { calls, actor } = openCalls();
      const { approvals } = await calls.approveVersion({ model, version, reason, actor });
      console.log(`${model} ${version} has ${approvals} ${approvals === 1 ? 'approval' : 'approvals'}`);
    });
}

async function read(file: string): Promise<Evaluation> {
  try {
    return fromJson(EvaluationSchema, JSON.parse(await readFile(file, 'utf8')));
  } catch (error) {
    throw new Problem('FILE_UNREADABLE', `${file} holds no evaluation: ${(error as Error).message}`, { cause: error });
  }
}

function listing(evaluations: Evaluation[]): string {
  if (evaluations.length === 0) return 'No version was evaluated';
  const rows = evaluations.map(({ version, validationSet, metrics, segments, actor, evaluatedAtMs }) => [
    String(version),
    validationSet,
    metricsOf(metrics),
    String(segments.length),
    `${timeOf(evaluatedAtMs)} by ${actor}`,
  ]);
  return table(['VERSION', 'ON', 'METRICS', 'SEGMENTS', 'PUT (UTC)'], rows);
}

const metricsOf = (metrics: Record<string, number> = {}): string =>
  Object.entries(metrics)
    .map(([name, value]) => `${name} ${Number(value.toPrecision(5))}`)
    .join(', ');
