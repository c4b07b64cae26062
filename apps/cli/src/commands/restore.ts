import { InvalidArgumentError, type Command } from 'commander';
import { RolloutMove, type Rollout } from '@vinaigrette/contracts/registry';
import type { Registry } from '../adapters/registry.js';
import { combinationDifference, momentMs, type CombinationDifference } from '../domain/combination.js';
import { table } from '../domain/table.js';
import { openRegistry } from './registry-of.js';

export function addRestore(program: Command): void {
  program
    .command('restore')
    .requiredOption('--as-of <moment>', 'a time (2026-07-01T12:00:00Z), or the id of a prediction', moment)
    .requiredOption('--reason <text>', 'kept in the history')
    .option('--yes', 'do it; without, the difference is only shown')
    .description('put back the models, rules, use cases and rollouts that answered then')
    .addHelpText(
      'after',
      `
Every alias goes from where the difference shows it or not at all; what was broken off is finished by calling it again.

Examples:
  $ vinaigrette restore --as-of 2026-07-01T12:00:00Z --reason "before the summer rules"
  $ vinaigrette restore --as-of 01981f3c-5b7e-7a10-8c55-0f2f6c1d9e11 --reason "as this customer saw it" --yes`,
    )
    .action(restore);
}

async function restore({ asOf, reason, yes }: { asOf: number; reason: string; yes?: boolean }): Promise<void> {
  const registry = openRegistry();
  const difference = await readDifference(registry, asOf);
  const rows = rowsOf(difference);
  if (rows.length === 0) return console.log('What answered then is in force now.');
  console.log(table(['OF', 'ALIAS', 'NOW', 'THEN'], rows));
  if (!yes) return console.log('\nNothing was changed. Put it back with --yes');
  const why = `as of ${new Date(asOf).toISOString()}: ${reason}`;
  for (const { id } of difference.abort) await registry.moveRollout(id, RolloutMove.ABORT, why);
  for (const { subject, alias, now, then } of difference.aliases) {
    // It was in force once: a policy that came since is overruled, which the history shows.
    await registry.setAlias({ ...subject, alias, version: then, expected: now, force: true, reason: why });
  }
  for (const rollout of difference.start) await startAgain(registry, rollout, why);
  console.log('\nIt is put back.');
}

async function readDifference(registry: Registry, asOf: number): Promise<CombinationDifference> {
  const subjects = new Map<string, { kind: string; name: string }>();
  for (const { name } of await registry.models()) subjects.set(`model/${name}`, { kind: 'model', name });
  for (const { kind, name } of await registry.documents()) subjects.set(`${kind}/${name}`, { kind, name });
  const changes = [];
  for (const { kind, name } of subjects.values()) changes.push(...(await registry.aliasChanges(kind, name)));
  return combinationDifference(changes, await registry.rollouts(false), asOf);
}

function startAgain(registry: Registry, rollout: Rollout, reason: string): Promise<Rollout | undefined> {
  const { subject, alias, candidate, kind, variant, stepsBps, stepMs, samplesMin } = rollout;
  const { kind: of = '', name = '' } = subject ?? {};
  const wish = { alias, candidate, kind, variant, stepsBps, stepMs, samplesMin, reason, force: true };
  return registry.startRollout({ subject: { kind: of, name }, ...wish });
}

function rowsOf({ aliases, abort, start }: CombinationDifference): string[][] {
  const of = ({ kind, name }: { kind: string; name: string } = { kind: '', name: '' }) => `${kind} ${name}`;
  const version = (number: number) => (number === 0 ? 'nobody' : String(number));
  return [
    ...aliases.map(({ subject, alias, now, then }) => [of(subject), alias, version(now), version(then)]),
    ...abort.map(({ subject, alias, candidate }) => [of(subject), alias, `${candidate} on trial`, '-']),
    ...start.map(({ subject, alias, candidate }) => [of(subject), alias, '-', `${candidate} on trial`]),
  ];
}

function moment(text: string): number {
  const ms = momentMs(text);
  if (ms === undefined)
    throw new InvalidArgumentError('It is a time as 2026-07-01T12:00:00Z, or the id of a prediction');
  return ms;
}
