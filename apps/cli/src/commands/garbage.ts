import { Option, type Command } from 'commander';
import type { CollectGarbageResponse } from '@vinaigrette/contracts/registry';
import { table } from '../domain/table.js';
import { openCalls } from './registry-of.js';
import { durationMs, wholeNumber } from './words.js';

const COLLECT_TIMEOUT_MS = 60 * 60 * 1_000;

interface GarbageOptions {
  delete?: boolean;
  keep: number;
  grace: number;
}

export function addGarbage(program: Command): void {
  program
    .command('gc')
    .addOption(new Option('--dry-run', 'only tell what would be deleted; the default').conflicts('delete'))
    .option('--delete', 'delete it')
    .option(
      '--keep <number>',
      'how many of the last champions of each model keep their files; 0: every version',
      wholeNumber,
      0,
    )
    .option('--grace <time>', 'nothing stored later is deleted; at least 1h', durationMs, 24 * 60 * 60 * 1_000)
    .description('find the artefacts of the registry that nothing needs any more, and delete them')
    .addHelpText(
      'after',
      `
An alias, whoever held it before, a rollout, a document, an evaluation, a lineage and a run each keep what they name.
With --keep, versions that none of them names give up their files; registered again, they get the number they had.`,
    )
    .action(async (options: GarbageOptions) => {
      const { calls, actor } = openCalls(COLLECT_TIMEOUT_MS);
      const request = { delete: options.delete ?? false, keep: options.keep, graceMs: BigInt(options.grace), actor };
      console.log(told(await calls.collectGarbage(request), request.delete));
    });
}

function told(collected: CollectGarbageResponse, isDeleted: boolean): string {
  const { garbage, garbageArtifacts, garbageBytes, keptArtifacts, versions } = collected;
  const mebibytes = (bytes: bigint) => `${(Number(bytes) / 2 ** 20).toFixed(1)} MiB`;
  const sum = `${garbageArtifacts} artefacts, ${mebibytes(garbageBytes)}, ${isDeleted ? 'deleted' : 'could go'}; ${keptArtifacts} stay`;
  if (garbage.length === 0) return sum;
  const rows = garbage.slice(0, 20).map(({ sha256, sizeBytes }) => [sha256, mebibytes(sizeBytes)]);
  const given = versions.map(({ model, version }) => `${model} ${version}`).join(', ');
  return [
    table(['SHA-256 (the largest)', 'SIZE'], rows),
    ...(given === ''
      ? []
      : [`Versions ${isDeleted ? 'without files now' : 'that would give up their files'}: ${given}`]),
    sum,
  ].join('\n');
}
