import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Command } from 'commander';
import { parseLineage, type Lineage } from '@vinaigrette/lineage';
import { Problem } from '@vinaigrette/problems';
import { identify } from '@vinaigrette/tables';
import { commitOf, digestsBelow, runWords } from '../adapters/train-again.js';
import { changeText, lineageRows } from '../domain/lineage-text.js';
import { root } from '../config.js';
import {
  checkRows,
  compareFiles,
  isOfDatabase,
  isReproduced,
  trainingData,
  trainingWords,
} from '../domain/reproduction.js';
import { table } from '../domain/table.js';
import { versionReference, type VersionReference } from '../domain/version-reference.js';
import { pathOfDigest } from './data-versions.js';
import { openRegistry } from './registry-of.js';

/** What the group `models` answers about where versions come from and how they differ. */
export function addLineage(models: Command): void {
  models
    .command('lineage')
    .argument('<name@version>', 'basket@3, basket@champion', versionReference)
    .option('--json', 'as its lineage.json')
    .description('where a version comes from: data, code, command, parameters, numbers reached, environment')
    .action(showLineage);
  models
    .command('from')
    .option('--data <digest>', 'SHA-256 of a data set')
    .option('--commit <commit>', 'of the code')
    .option('--pipeline <digest>', 'of the steps and their settings')
    .option('--parent <name@version>', 'basket@3: it answered while they were learnt', versionReference)
    .option('--run <id>', 'of the tracking server')
    .option('--document <kind/name@version>', 'rule-set/shop@3: it was tried with')
    .description('the other way: the versions that data, code, a run or a document led to')
    .addHelpText('after', '\nExample:\n  $ vinaigrette models from --document rule-set/shop@3')
    .action(showVersionsFrom);
  models
    .command('compare')
    .argument('<model>')
    .argument('<from>', 'a number or an alias')
    .argument('<to>', 'a number or an alias')
    .description('what becomes of the callers of one version when another answers them')
    .action(async (model: string, from: string, to: string) => {
      const comparison = await openRegistry().compare(model, from, to);
      if (comparison) console.log(changeText(comparison));
    });
  models
    .command('reproduce')
    .argument('<name@version>', 'basket@3, basket@champion', versionReference)
    .option(
      '--data <file>',
      'what it was trained on, checked against its lineage: a file (default: found by digest in DATA_STORE), or ' +
        'postgres://USER:PASSWORD@HOST/DATABASE',
    )
    .option('--code <folder>', 'the code that trained it', root)
    .option('--any-code', 'also with another commit than it was trained with')
    .description('train a version again from the data, code and command of its lineage, and compare the files')
    .addHelpText(
      'after',
      '\nExamples:\n  $ vinaigrette models reproduce basket@3 --data sales.csv' +
        '\n  $ vinaigrette models reproduce basket@4 --data postgres://reader:secret@db/shop',
    )
    .action(reproduce);
}

async function showLineage({ name, version }: VersionReference, { json }: { json?: true }): Promise<void> {
  const told = await openRegistry().lineage(name, version);
  console.log(
    json ? JSON.stringify(told.lineage, null, 1) : table([`${name} ${told.version}`, ''], lineageRows(told.lineage)),
  );
}

interface OriginOptions {
  data?: string;
  commit?: string;
  pipeline?: string;
  parent?: VersionReference;
  run?: string;
  document?: string;
}

async function showVersionsFrom(options: OriginOptions, command: Command): Promise<void> {
  const registry = openRegistry();
  const { parent } = options;
  // A version is found by its number, whatever it is called by.
  const found = parent && (await registry.version(parent.name, parent.version));
  const versions = await registry.versionsFrom(
    found ? { case: 'parent', value: { model: found.model, version: found.version } } : originOf(options, command),
  );
  if (versions.length === 0) return console.log('No version came of it');
  const rows = versions.map(({ model, version, createdAtMs, description }) => [
    model,
    String(version),
    new Date(Number(createdAtMs)).toISOString().slice(0, 19),
    description,
  ]);
  console.log(table(['MODEL', 'VERSION', 'CREATED (UTC)', 'DESCRIPTION'], rows));
}

function originOf({ data, commit, pipeline, run, document }: OriginOptions, command: Command) {
  if (data) return { case: 'dataDigest', value: data } as const;
  if (commit) return { case: 'commit', value: commit } as const;
  if (pipeline) return { case: 'pipelineDigest', value: pipeline } as const;
  if (run) return { case: 'parentRun', value: run } as const;
  const [, kind, name, version] = /^([a-z0-9-]+)\/([a-z0-9-]+)@(\d{1,9})$/.exec(document ?? '') ?? [];
  if (kind === undefined || name === undefined) {
    command.error(
      'error: say what they come from: --data, --commit, --pipeline, --parent, --run, or --document rule-set/shop@3',
    );
  }
  return { case: 'validatedWith', value: { kind, name, version: Number(version) } } as const;
}

async function reproduce(
  { name, version }: VersionReference,
  { data, code, anyCode }: { data?: string; code: string; anyCode?: true },
): Promise<void> {
  const registry = openRegistry();
  const told = await registry.lineage(name, version);
  const trained = trainingData(told.lineage);
  const source = await sourceOf(trained, data);
  if (!anyCode) await checkCode(told.lineage.code?.commit, code);
  const folder = await mkdtemp(path.join(tmpdir(), 'vinaigrette-again-'));
  try {
    await runWords(trainingWords(told.lineage, source, folder), code);
    if (isOfDatabase(trained)) checkRows(trained, trainingData(await lineageIn(folder)));
    const { files = [] } = (await registry.version(name, String(told.version))) ?? {};
    const compared = compareFiles(files, await digestsBelow(folder));
    console.log(
      table(
        ['FILE', 'MADE AGAIN'],
        compared.map(({ path: file, state }) => [file, state]),
      ),
    );
    const reproduced = isReproduced(compared);
    console.log(`\n${name} ${told.version} is ${reproduced ? 'reproduced' : 'NOT reproduced'}`);
    if (!reproduced) process.exitCode = 1;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Where to read again what was trained on: a file with its digest, or the database as it was said. */
async function sourceOf(trained: Lineage['data'][number], data: string | undefined): Promise<string> {
  if (!isOfDatabase(trained)) {
    const file = data ?? (await pathOfDigest(trained.digest));
    await checkData(trained, file);
    return path.resolve(file);
  }
  if (data !== undefined) return data;
  throw new Problem(
    'TRAINING_OPTION_INVALID',
    `It was trained on ${trained.name}, which is read again: give its address with user and password by --data`,
    { field: 'data' },
  );
}

const lineageIn = async (folder: string): Promise<Lineage> =>
  parseLineage(JSON.parse(await readFile(path.join(folder, 'lineage.json'), 'utf8')));

async function checkData({ name, digest }: { name: string; digest: string }, file: string): Promise<void> {
  const { sha256 } = await identify({ input: file });
  if (sha256 === digest) return;
  throw new Problem('LINEAGE_DIFFERS', `${file} has SHA-256 ${sha256}; ${name} that was trained on has ${digest}`, {
    field: 'data',
  });
}

async function checkCode(commit: string | undefined, folder: string): Promise<void> {
  const here = await commitOf(folder);
  if (commit === undefined || commit === here) return;
  throw new Problem('LINEAGE_DIFFERS', `It was trained with commit ${commit}, and ${folder} is at ${here ?? 'none'}`, {
    field: 'code',
  });
}
