import { readFile } from 'node:fs/promises';
import type { Command } from 'commander';
import type { Document } from '@vinaigrette/contracts/registry';
import { Problem } from '@vinaigrette/problems';
import { parse } from 'yaml';
import { table } from '../domain/table.js';
import { moveAlias, rollBack, showHistory, versionNumber } from './models.js';
import { openRegistry } from './registry-of.js';

export function addDocuments(program: Command): void {
  const documents = program.command('documents').description('use cases and rule sets, versioned in the registry');
  documents
    .command('list')
    .argument('[kind]', 'use-case or rule-set; default: both')
    .description('every document, newest first')
    .action(async (kind: string | undefined) => console.log(listing(await openRegistry().documents(kind))));
  documents
    .command('put')
    .argument('<kind>', 'use-case or rule-set')
    .argument('<name>')
    .argument('<file>', '.yaml, .yml or .json')
    .option('--alias <alias>', 'move this alias to the new version as well; gateways follow champion')
    .option('--reason <text>', 'why the alias moves')
    .description('give a document its next version')
    .addHelpText(
      'after',
      '\nExample:\n  $ vinaigrette documents put rule-set shop shop.yaml --alias champion --reason "hide 85123A, recalled"',
    )
    .action(put);
  documents
    .command('alias')
    .argument('<kind>', 'use-case or rule-set')
    .argument('<name>')
    .argument('<alias>')
    .argument('<version>', 'its number; 0 takes the alias away', versionNumber)
    .requiredOption('--reason <text>', 'kept in the history')
    .description('move an alias to a version')
    .addHelpText(
      'after',
      '\nExample:\n  $ vinaigrette documents alias rule-set shop staging 3 --reason "to be looked at"',
    )
    .action(async (kind: string, name: string, alias: string, version: number, { reason }: { reason: string }) => {
      await moveAlias({ kind, name, alias, version, reason });
    });
  documents
    .command('rollback')
    .argument('<kind>', 'use-case or rule-set')
    .argument('<name>')
    .requiredOption('--reason <text>', 'kept in the history')
    .option('--alias <alias>', 'whose former holder comes back', 'champion')
    .description('give an alias back to the version that held it before')
    .addHelpText('after', '\nExample:\n  $ vinaigrette documents rollback rule-set shop --reason "too much is hidden"')
    .action((kind: string, name: string, { alias, reason }: { alias: string; reason: string }) =>
      rollBack({ kind, name, alias, reason }),
    );
  documents
    .command('history')
    .argument('<kind>', 'use-case or rule-set')
    .argument('<name>')
    .description('who held which alias since when, who moved it, and why; newest first')
    .action(showHistory);
}

async function put(
  kind: string,
  name: string,
  file: string,
  { alias, reason }: { alias?: string; reason?: string },
  command: Command,
): Promise<void> {
  if (alias && !reason) command.error('error: --alias wants a --reason, which is kept in the history');
  const { document, created } = await openRegistry().putDocument(kind, name, await bodyOf(file));
  const version = document?.version ?? 0;
  console.log(
    created ? `${kind} ${name} ${version} is registered` : `${kind} ${name} ${version} says the same already`,
  );
  if (alias && reason) await moveAlias({ kind, name, alias, version, reason });
}

/** A document's body from a YAML or JSON file. Throws FILE_UNREADABLE. */
export async function bodyOf(file: string): Promise<unknown> {
  const text = await readFile(file, 'utf8').catch((error: Error) => {
    throw new Problem('FILE_UNREADABLE', `Cannot read ${file}: ${error.message}`, { cause: error });
  });
  try {
    return file.endsWith('.json') ? JSON.parse(text) : parse(text);
  } catch (error) {
    throw new Problem(
      'FILE_UNREADABLE',
      `${file} is not ${file.endsWith('.json') ? 'JSON' : 'YAML'}: ${(error as Error).message}`,
    );
  }
}

function listing(documents: Document[]): string {
  if (documents.length === 0) return 'There is no document. Register one: vinaigrette documents put KIND NAME FILE';
  const rows = documents.map(({ kind, name, version, createdAtMs, createdBy }) => [
    kind,
    name,
    String(version),
    new Date(Number(createdAtMs)).toISOString().slice(0, 19),
    createdBy,
  ]);
  return table(['KIND', 'NAME', 'VERSION', 'CREATED (UTC)', 'BY'], rows);
}
