import { mkdtemp, readFile, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import { faultsOfLock } from '../lock.mjs';
import { installed, root, run } from '../processes.mjs';

/** Each counts as one check of `npm test`: passed when it finds nothing to say. */
export const checks = [
  { name: 'the sources compile (tsc -b)', faults: () => faultsOf(installed('tsc'), ['-b']) },
  {
    name: 'the linter keeps the laws (eslint)',
    faults: () => faultsOf(installed('eslint'), ['.', '--max-warnings', '0']),
  },
  {
    name: 'the sources look alike (prettier)',
    faults: () => faultsOf(installed('prettier'), ['--check', '--log-level', 'warn', '.']),
  },
  { name: 'the contracts are clean (buf lint)', faults: () => buf('lint') },
  {
    name: 'the contracts break no released client (buf breaking)',
    faults: () => buf('breaking', '--against', 'released.binpb'),
  },
  { name: 'the generated code is that of the contracts (buf generate)', faults: staleCode },
  { name: 'the lock file installs everywhere', faults: lockFaults },
];

async function faultsOf(program, words, cwd = root) {
  const { status, text } = await run(program, words, { cwd });
  const plain = process.stdout.isTTY ? text : stripVTControlCharacters(text);
  return status === 0 ? '' : plain.trim() || `${path.basename(program)} ended with status ${status}`;
}

const buf = (...words) => faultsOf(installed('buf'), words, path.join(root, 'proto'));

async function staleCode() {
  const fresh = await mkdtemp(path.join(tmpdir(), 'vinaigrette-proto-'));
  try {
    const failed = await buf('generate', '-o', path.join(fresh, 'proto'));
    if (failed) return failed;
    const [made, kept] = await Promise.all(
      [fresh, root].map((base) => filesBelow(path.join(base, 'libs/contracts/src/gen'))),
    );
    const names = [...new Set([...made.keys(), ...kept.keys()])].filter((name) => made.get(name) !== kept.get(name));
    return names.length === 0
      ? ''
      : `Run \`npm run proto\`: ${names.join(', ')} in libs/contracts/src/gen are not up to date`;
  } finally {
    await rm(fresh, { recursive: true });
  }
}

async function filesBelow(folder) {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile()).map((entry) => path.join(entry.parentPath, entry.name));
  return new Map(
    await Promise.all(files.map(async (file) => [path.relative(folder, file), await readFile(file, 'utf8')])),
  );
}

async function lockFaults() {
  return faultsOfLock(JSON.parse(await readFile(path.join(root, 'package-lock.json'), 'utf8'))).join('\n');
}
