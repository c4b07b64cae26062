import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readFile, readdir, rename, rm, symlink } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { onPath, root, run } from '../processes.mjs';

const suites = path.join(root, 'proof/conformance');
const cache = path.join(root, '.vinaigrette/python');

/**
 * Other people's Python clients, as they come from their registry: one virtual environment for each
 * `proof/conformance/SUITE/requirements.txt`. Answers with a folder in which `SUITE/bin/python` runs; rejects with what
 * is missing. An environment is made once for each content of the file, in a folder named for its digest; the programs
 * beside its python know another folder's name, so run modules: `bin/python -m NAME`.
 */
export async function findPythonClients() {
  const python = await onPath(['python3']);
  if (!python) throw new Error('there is no python3 on PATH');
  const names = (await readdir(suites)).filter((name) => existsSync(requirementsOf(name)));
  const interpreter = await must(python, ['-c', 'import sys; print(sys.base_prefix, sys.version)']);
  const links = path.join(cache, 'suites');
  await mkdir(links, { recursive: true });
  await Promise.all(
    names.map(async (name) => link(await environment(python, interpreter, name), path.join(links, name))),
  );
  return links;
}

const requirementsOf = (suite) => path.join(suites, suite, 'requirements.txt');

/** The digest of the suite's environment, which is made when it is not there. */
async function environment(python, interpreter, suite) {
  const requirements = await readFile(requirementsOf(suite));
  const digest = createHash('sha256').update(interpreter).update(requirements).digest('hex').slice(0, 16);
  const folder = path.join(cache, digest);
  if (existsSync(folder)) return digest;
  const beside = `${folder}.${process.pid}`;
  try {
    await must(python, ['-m', 'venv', beside]);
    const pip = [
      '-m',
      'pip',
      'install',
      '--quiet',
      '--no-input',
      '--disable-pip-version-check',
      '--no-deps',
      '--no-compile',
    ];
    await must(path.join(beside, 'bin/python'), [...pip, '--requirement', requirementsOf(suite)]);
    await rename(beside, folder).catch((error) => {
      if (!existsSync(folder)) throw error; // else another run made the same one meanwhile
    });
  } finally {
    await rm(beside, { recursive: true, force: true });
  }
  return digest;
}

async function link(digest, place) {
  const beside = `${place}.${process.pid}`;
  await symlink(path.join('..', digest), beside);
  await rename(beside, place);
}

async function must(program, words) {
  const { status, text } = await run(program, words);
  if (status === 0) return text;
  const lines = text.trim().split('\n').slice(-3).join(' ');
  throw new Error(`${path.basename(program)} ${words.slice(0, 3).join(' ')} failed: ${lines}`);
}

/** `node tools/test/python-clients.mjs` makes them and prints the variable, for a spec run by itself. */
if (process.argv[1] === fileURLToPath(import.meta.url)) {
  console.log(`PYTHON_CLIENTS=${await findPythonClients()}`);
}
