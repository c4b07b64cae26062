import { cpSync, existsSync, mkdirSync, readFileSync, readdirSync, rmSync, symlinkSync } from 'node:fs';
import path from 'node:path';

/**
 * Gathers what one service, or the command (`cli`), runs on: its own compiled code and that of the workspaces it depends
 * on, beside the production packages that `npm ci --omit=dev --workspace <its folder>` has put into node_modules.
 * Usage: node deploy/gather.mjs <service> <folder to make>
 */
const [service, out] = process.argv.slice(2);
const read = (folder) => JSON.parse(readFileSync(path.join(folder, 'package.json'), 'utf8'));

const workspaces = new Map();
for (const parent of ['libs', 'services', 'apps', 'models']) {
  for (const name of readdirSync(parent)) {
    const folder = path.join(parent, name);
    workspaces.set(read(folder).name, folder);
  }
}

const needed = new Set();
const need = (folder) => {
  if (needed.has(folder)) return;
  needed.add(folder);
  for (const name of Object.keys(read(folder).dependencies ?? {})) {
    if (workspaces.has(name)) need(workspaces.get(name));
  }
};
need(['services', 'apps'].map((parent) => path.join(parent, service)).find((folder) => existsSync(folder)));

const skipped = /(^|\/)(src|test|tsconfig[^/]*|jest[^/]*)$|dist\/test$|\.(d\.ts|tsbuildinfo|map|spec\.js)$/;
for (const folder of needed) {
  cpSync(folder, path.join(out, folder), {
    recursive: true,
    filter: (file) => (file.includes('dist/src') ? !/\.(d\.ts|map|spec\.js)$/.test(file) : !skipped.test(file)),
  });
}
cpSync('package.json', path.join(out, 'package.json'));
if (service === 'drift-monitor') cpSync('docs/runbooks', path.join(out, 'docs/runbooks'), { recursive: true });
cpSync('node_modules', path.join(out, 'node_modules'), { recursive: true, verbatimSymlinks: true });

// Links to workspaces that are not part of this image would lead nowhere.
rmSync(path.join(out, 'node_modules/@vinaigrette'), { recursive: true, force: true });
mkdirSync(path.join(out, 'node_modules/@vinaigrette'), { recursive: true });
for (const [name, folder] of workspaces) {
  if (needed.has(folder)) symlinkSync(path.join('../..', folder), path.join(out, 'node_modules', name));
}

// ONNX Runtime brings its binaries for every system: an image keeps those of its own.
const binaries = path.join(out, 'node_modules/onnxruntime-node/bin');
for (const generation of existsSync(binaries) ? readdirSync(binaries) : []) {
  for (const system of readdirSync(path.join(binaries, generation))) {
    if (system !== 'linux') rmSync(path.join(binaries, generation, system), { recursive: true });
  }
  for (const arch of readdirSync(path.join(binaries, generation, 'linux'))) {
    if (arch !== process.arch) rmSync(path.join(binaries, generation, 'linux', arch), { recursive: true });
  }
}
