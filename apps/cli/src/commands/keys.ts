import { Option, type Command } from 'commander';
import { Role, type AuditEntry, type Key } from '@vinaigrette/contracts/registry';
import { table } from '../domain/table.js';
import { openCalls } from './registry-of.js';
import { timeOf, wholeNumber } from './words.js';

type RoleWord = 'read' | 'register' | 'promote' | 'admin';

/** Who may, and who did. */
export function addKeys(program: Command): void {
  const keys = program.command('keys').description('keys of the registry: who may read, register, promote, administer');
  keys
    .command('create')
    .argument('<name>', 'who or what will hold it')
    .addOption(
      new Option('--role <role>', 'each includes those before it')
        .choices(['read', 'register', 'promote', 'admin'])
        .makeOptionMandatory(),
    )
    .option('--subjects <names>', 'models and documents it may write, with commas between; default: all', words)
    .description('make a key, and show its text this once')
    .action(async (name: string, { role, subjects = [] }: { role: RoleWord; subjects?: string[] }) => {
      const { calls, actor } = openCalls();
      const request = { name, role: Role[role.toUpperCase() as Uppercase<RoleWord>], subjects, actor };
      const { key, text } = await calls.createKey(request);
      console.log(
        `${text}\n\nKey ${key?.id} of ${name} may ${role}. Its text is shown this once: give it as REGISTRY_KEY.`,
      );
    });
  keys
    .command('list')
    .description('keys, newest first; never their texts')
    .action(async () => console.log(keyListing((await openCalls().calls.listKeys({})).keys)));
  keys
    .command('revoke')
    .argument('<id>', 'as `vinaigrette keys list` shows it')
    .description('refuse every later call with it')
    .action(async (id: string) => {
      const { calls, actor } = openCalls();
      const { key } = await calls.revokeKey({ id, actor });
      console.log(`Key ${id} of ${key?.name} is revoked`);
    });
  program
    .command('audit')
    .option('--limit <number>', 'how many, at most 1000', wholeNumber, 100)
    .description('calls of the registry that may have changed something, newest first')
    .action(async ({ limit }: { limit: number }) =>
      console.log(auditListing((await openCalls().calls.listAudit({ limit })).entries)),
    );
}

const words = (text: string): string[] => text.split(',').map((word) => word.trim());

function keyListing(keys: Key[]): string {
  if (keys.length === 0) return 'There is no key. Make one: vinaigrette keys create NAME --role register';
  const rows = keys.map(({ id, name, role, subjects, createdAtMs, createdBy, revokedAtMs }) => [
    id,
    name,
    Role[role].toLowerCase(),
    subjects.join(',') || 'all',
    `${timeOf(createdAtMs)} by ${createdBy}`,
    revokedAtMs === 0n ? 'in force' : `revoked ${timeOf(revokedAtMs)}`,
  ]);
  return table(['ID', 'NAME', 'ROLE', 'OF', 'MADE (UTC)', 'STATE'], rows);
}

function auditListing(entries: AuditEntry[]): string {
  if (entries.length === 0) return 'Nothing was called that may change something';
  const rows = entries.map(({ atMs, method, actor, key, subject, outcome }) => [
    timeOf(atMs),
    method,
    subject,
    actor,
    key || '-',
    outcome,
  ]);
  return table(['TIME (UTC)', 'CALL', 'OF', 'BY', 'KEY', 'OUTCOME'], rows);
}
