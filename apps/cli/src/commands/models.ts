import { InvalidArgumentError, type Command } from 'commander';
import type { AliasChange, Model } from '@vinaigrette/contracts/registry';
import { changeText } from '../domain/lineage-text.js';
import { table } from '../domain/table.js';
import { openRegistry } from './registry-of.js';

export function addModels(program: Command): Command {
  const models = program.command('models').description('versions of models and their aliases, in the registry');
  models
    .command('list')
    .description('every model with its versions, newest first, and the aliases that name them')
    .action(async () => console.log(listing(await openRegistry().models())));
  models
    .command('push')
    .argument('<folder>', 'holds model.onnx and, beside it, signature, golden answers, baseline, card')
    .requiredOption('--name <model>', 'name in the registry')
    .option('--description <text>', 'why this version exists', '')
    .option('--alias <alias>', 'move this alias to the new version as well')
    .option('--reason <text>', 'why the alias moves')
    .description("register a folder's files as the next version of a model")
    .addHelpText(
      'after',
      '\nExample:\n  $ vinaigrette models push out/basket --name basket --alias champion --reason "July sales"',
    )
    .action(push);
  models
    .command('alias')
    .argument('<model>')
    .argument('<alias>', 'champion, canary, shadow, or a name of your own')
    .argument('<version>', 'its number; 0 takes the alias away', versionNumber)
    .requiredOption('--reason <text>', 'kept in the history')
    .description('move an alias to a version')
    .addHelpText(
      'after',
      '\nExample:\n  $ vinaigrette models alias basket champion 2 --reason "two weeks without a complaint as canary"',
    )
    .action(async (name: string, alias: string, version: number, { reason }: { reason: string }) => {
      await moveAlias({ kind: 'model', name, alias, version, reason });
    });
  models
    .command('rollback')
    .argument('<name>')
    .requiredOption('--reason <text>', 'kept in the history')
    .option('--alias <alias>', 'whose former holder comes back', 'champion')
    .description('give an alias back to the version that held it before')
    .addHelpText(
      'after',
      '\nExample:\n  $ vinaigrette models rollback basket --reason "version 2 recommends too little"',
    )
    .action((name: string, { alias, reason }: { alias: string; reason: string }) =>
      rollBack({ kind: 'model', name, alias, reason }),
    );
  models
    .command('history')
    .argument('<name>')
    .description('who held which alias since when, who moved it, and why; newest first')
    .action((name: string) => showHistory('model', name));
  return models;
}

/** What `models push` and `models import` are told. */
export interface PushOptions {
  name: string;
  description: string;
  alias?: string;
  reason?: string;
}

/** Registers a folder's files, and moves an alias when asked to. */
export async function push(folder: string, options: PushOptions, command: Command): Promise<void> {
  if (options.alias && !options.reason) command.error('error: --alias wants a --reason, which is kept in the history');
  const { modelVersion, created, comparison } = await openRegistry().push(folder, options.name, options.description);
  const version = modelVersion?.version ?? 0;
  const baseline = modelVersion?.hasBaseline ? '' : ' (without a baseline: its drift will not be judged)';
  console.log(
    created
      ? `${options.name} ${version} is registered${baseline}`
      : `${options.name} ${version} has these very files already`,
  );
  if (comparison && comparison.from !== version) console.log(changeText(comparison));
  if (options.alias && options.reason) {
    await moveAlias({ kind: 'model', name: options.name, alias: options.alias, version, reason: options.reason });
  }
}

/** Moves an alias of a model or a document, and says from where to where. */
export async function moveAlias(wish: {
  kind: string;
  name: string;
  alias: string;
  version: number;
  reason: string;
}): Promise<void> {
  const { change } = await openRegistry().setAlias(wish);
  tellMove(wish.name, wish.alias, change);
}

/** Gives an alias of a model or a document back to who held it before, and says from where to where. */
export async function rollBack(wish: { kind: string; name: string; alias: string; reason: string }): Promise<void> {
  const { kind, name, alias, reason } = wish;
  tellMove(name, alias, await openRegistry().rollBack(kind, name, alias, reason));
}

/** Every move of the aliases of a model or a document. */
export async function showHistory(kind: string, name: string): Promise<void> {
  console.log(history(await openRegistry().aliasChanges(kind, name)));
}

const holder = (version: number | undefined) => (version ? String(version) : 'nobody');

function tellMove(name: string, alias: string, change: AliasChange | undefined): void {
  console.log(`${alias} of ${name}: ${holder(change?.from)} -> ${holder(change?.to)}`);
}

function history(changes: AliasChange[]): string {
  if (changes.length === 0) return 'No alias of that name was ever moved';
  const rows = changes.map(({ changedAtMs, alias, from, to, rolledBack, actor, reason }) => [
    new Date(Number(changedAtMs)).toISOString(),
    alias,
    `${holder(from)} -> ${holder(to)}${rolledBack ? ' (rolled back)' : ''}`,
    actor,
    reason,
  ]);
  return table(['TIME (UTC)', 'ALIAS', 'MOVE', 'BY', 'REASON'], rows);
}

/** A version's number as a word of the command line. */
export function versionNumber(word: string): number {
  if (!/^\d{1,9}$/.test(word)) throw new InvalidArgumentError('It is the number of a version: 0, 1, 2 ...');
  return Number(word);
}

function listing(models: Model[]): string {
  if (models.length === 0) return 'No model is registered. Register one: vinaigrette models push FOLDER --name NAME';
  const rows = models.flatMap((model) =>
    model.versions.map((version) => [
      model.name,
      String(version.version),
      namesOf(model.aliases, version.version),
      new Date(Number(version.createdAtMs)).toISOString().slice(0, 19),
      version.hasBaseline ? 'yes' : 'no',
      version.description,
    ]),
  );
  return table(['MODEL', 'VERSION', 'ALIASES', 'CREATED (UTC)', 'BASELINE', 'DESCRIPTION'], rows);
}

function namesOf(aliases: Record<string, number>, version: number): string {
  return Object.entries(aliases)
    .filter(([, holder]) => holder === version)
    .map(([alias]) => alias)
    .join(', ');
}
