import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { InvalidArgumentError, type Command } from 'commander';
import { Problem } from '@vinaigrette/problems';
import { root } from '../config.js';
import { belongsToTemplate, fileOfModel, withReference } from '../domain/new-model-files.js';
import { moveAlias, push } from './models.js';
import { openRegistry } from './registry-of.js';

const TEMPLATE = path.join(root, 'examples', 'new-model');
const ALIAS = 'champion';
const REASON = 'the first version of a new model';

/** `models new` and `models launch`: from nothing to a version that is served. */
export function addNewModel(models: Command): void {
  models
    .command('new')
    .argument('<name>', 'small letters, digits and -, as the registry knows it', modelName)
    .option('--dir <folder>', 'where to lay it out (default: models/NAME)')
    .option('--launch', 'train, register and serve a first version as well')
    .description('lay out a model: load, core and save apart, parameters, sample rows, tests')
    .addHelpText('after', '\nExample:\n  $ vinaigrette models new churn --launch')
    .action(async (name: string, { dir, launch }: { dir?: string; launch?: true }, command: Command) => {
      const folder = path.resolve(dir ?? path.join(root, 'models', name));
      await layOut(name, folder);
      if (launch) await launchFirst(folder, command);
      else console.log(`Next: vinaigrette models launch ${path.relative(process.cwd(), folder)}`);
    });
  models
    .command('launch')
    .argument('<folder>', 'a model as `models new` lays it out')
    .option('--input <source>', 'what to learn from, beside its sample rows')
    .description('build a model, train a version, register it as champion, and put its use case')
    .addHelpText('after', '\nExample:\n  $ vinaigrette models launch models/churn')
    .action(async (folder: string, { input }: { input?: string }, command: Command) => {
      await launchFirst(path.resolve(folder), command, input);
    });
}

function modelName(text: string): string {
  if (!/^[a-z][a-z0-9-]{0,62}$/.test(text)) throw new InvalidArgumentError('Small letters, digits and - make a name.');
  return text;
}

async function layOut(name: string, folder: string): Promise<void> {
  if (!folder.startsWith(root + path.sep)) {
    const message = `${folder} lies outside ${root}, where the libraries that a model is made of are found`;
    throw new Problem('FILE_UNREADABLE', message, { field: 'dir' });
  }
  const there = await readdir(folder).catch(() => []);
  if (there.length > 0) throw new Problem('NAME_TAKEN', `${folder} holds files already`, { field: 'dir' });
  const rootPath = `${path.relative(folder, root).split(path.sep).join('/')}/`;
  const entries = await readdir(TEMPLATE, { recursive: true, withFileTypes: true });
  for (const entry of entries.filter((one) => one.isFile())) {
    const relative = path.relative(TEMPLATE, path.join(entry.parentPath, entry.name)).split(path.sep).join('/');
    if (!belongsToTemplate(relative)) continue;
    const text = await readFile(path.join(TEMPLATE, relative), 'utf8');
    const target = path.join(folder, relative);
    await mkdir(path.dirname(target), { recursive: true });
    await writeFile(target, fileOfModel(relative, text, name, rootPath));
  }
  const projectPath = path.relative(root, folder).split(path.sep).join('/');
  if (path.dirname(projectPath) === 'models') {
    const tsconfig = path.join(root, 'tsconfig.json');
    await writeFile(tsconfig, withReference(await readFile(tsconfig, 'utf8'), projectPath));
  }
  console.log(`${projectPath} is laid out`);
}

async function launchFirst(folder: string, command: Command, input = path.join('data', 'sample.csv')): Promise<void> {
  const useCase = JSON.parse(await readFile(path.join(folder, 'use-case.json'), 'utf8')) as { model: string };
  const name = useCase.model;
  await run(folder, path.join(root, 'node_modules', 'typescript', 'bin', 'tsc'), '-b');
  const training = ['train', input, '--parameters', 'parameters.yaml', '--out-dir', 'version', '--json'];
  await run(folder, path.join('dist', 'src', 'main.js'), ...training);
  const pushed = { name, description: REASON, alias: ALIAS, reason: REASON };
  await push(path.join(folder, 'version'), pushed, command);
  const { document } = await openRegistry().putDocument('use-case', name, useCase);
  await moveAlias({ kind: 'use-case', name, alias: ALIAS, version: document?.version ?? 1, reason: REASON });
  console.log(`Gateways answer it at POST /v1/predictions/${name}`);
}

/** Runs a program of ours to its end; what it says goes to stderr, a training's card being kept in its file. */
async function run(folder: string, program: string, ...words: string[]): Promise<void> {
  const said = words[0] === 'train' ? 'ignore' : process.stderr;
  const child = spawn(process.execPath, [program, ...words], { cwd: folder, stdio: ['ignore', said, 'inherit'] });
  const [code] = (await once(child, 'exit')) as [number | null];
  if (code === 0) return;
  const message = `${path.basename(program)} ${words[0] ?? ''} ended with ${code} in ${folder}; it says above why`;
  throw new Problem('TRAINING_DATA_INVALID', message);
}
