import { copyFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { InvalidArgumentError, type Command } from 'commander';
import { openObjectStore } from '@vinaigrette/object-store';
import { Problem } from '@vinaigrette/problems';
import { DataVersions } from '../adapters/data-versions.js';
import { compareTables } from '../adapters/compare-tables.js';
import { readConfig } from '../config.js';
import { dataReference, POINTER_SUFFIX } from '../domain/data-pointer.js';
import { table } from '../domain/table.js';
import { tableDifferences } from '../domain/table-difference.js';

/** What the group `data` does with the versions of what is trained on. */
export function addDataVersions(data: Command): void {
  data
    .command('add')
    .argument('<file>', 'what is trained on')
    .requiredOption('--name <name>', 'what it is called: sales', dataName)
    .option('--pointer <file>', `where its pointer goes, for Git (default: the file with ${POINTER_SUFFIX})`)
    .description('keep a file under the SHA-256 of its bytes, and write a small pointer to it for Git')
    .addHelpText('after', '\nExample:\n  $ vinaigrette data add july.csv --name sales && git add july.csv.data.json')
    .action(add);
  data
    .command('get')
    .argument('<pointer|name@digest>', `july.csv${POINTER_SUFFIX}, or sales@3f2a91`)
    .option('--out <file>', 'copy it there; without, the path of the checked file is printed')
    .description('bring a data version to this machine, checked against its digest')
    .addHelpText(
      'after',
      '\nExample:\n  $ node models/basket/dist/src/main.js train "$(vinaigrette data get sales@3f2a91)" ...',
    )
    .action(get);
  data
    .command('diff')
    .argument('<before>', 'a pointer, or a name and a digest')
    .argument('<after>', 'the same')
    .description('how two versions of a table differ: rows, columns, what is in them')
    .action(diff);
  data
    .command('list')
    .option('--name <name>', 'only these', dataName)
    .description('the data versions of the store, newest first')
    .action(list);
}

/** The store of data versions that DATA_STORE names. */
export async function openVersions(): Promise<DataVersions> {
  const { STATE_DIR, DATA_STORE, S3_ENDPOINT } = readConfig(process.env);
  const store = openObjectStore(DATA_STORE ?? path.join(STATE_DIR, 'data'), S3_ENDPOINT);
  await store.open();
  return new DataVersions(store, path.join(STATE_DIR, 'data-copies'));
}

/** The path of a data version on this machine, brought here first when it is not. */
export async function pathOfData(word: string): Promise<string> {
  const versions = await openVersions();
  return versions.bring(await versions.find(dataReference(word)));
}

/** The same, known by its whole digest alone. Throws DATA_NOT_FOUND. */
export async function pathOfDigest(digest: string): Promise<string> {
  const versions = await openVersions();
  const pointer = (await versions.list()).find((one) => one.digest === digest);
  if (pointer) return versions.bring(pointer);
  throw new Problem('DATA_NOT_FOUND', `No data version has the digest ${digest}`);
}

async function add(file: string, { name, pointer }: { name: string; pointer?: string }): Promise<void> {
  const added = await (await openVersions()).add(file, name, new Date());
  const target = pointer ?? `${file}${POINTER_SUFFIX}`;
  await writeFile(target, `${JSON.stringify(added, null, 1)}\n`);
  console.log(`${name}@${added.digest} (${added.sizeBytes} bytes); its pointer is ${target}`);
}

async function get(word: string, { out }: { out?: string }): Promise<void> {
  const local = await pathOfData(word);
  if (out === undefined) return console.log(local);
  await copyFile(local, out);
  console.log(out);
}

async function diff(before: string, after: string): Promise<void> {
  const facts = await compareTables(await pathOfData(before), await pathOfData(after));
  const differences = tableDifferences(facts.before, facts.after);
  console.log(differences.length === 0 ? 'They hold the same' : differences.join('\n'));
}

async function list({ name }: { name?: string }): Promise<void> {
  const pointers = await (await openVersions()).list(name === undefined ? undefined : `names/${name}/`);
  if (pointers.length === 0) return console.log('There are none. Keep one: vinaigrette data add FILE --name NAME');
  const rows = pointers.map((one) => [one.name, one.digest, one.file, String(one.sizeBytes), one.addedAt.slice(0, 19)]);
  console.log(table(['NAME', 'DIGEST', 'FILE', 'BYTES', 'ADDED (UTC)'], rows));
}

function dataName(word: string): string {
  if (/^[a-z0-9-]{1,64}$/.test(word)) return word;
  throw new InvalidArgumentError('It has 1 to 64 of a-z, 0-9 and -');
}
