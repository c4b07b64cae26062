import { existsSync } from 'node:fs';
import { mkdir, readFile, readdir, rm } from 'node:fs/promises';
import path from 'node:path';
import { checks } from './test/checks.mjs';
import { findParts, stopParts } from './test/parts.mjs';
import { lastLine, sumUp } from './test/results.mjs';
import { endRunning, installed, root, run } from './processes.mjs';

const [wanted, ...wordsForJest] = process.argv.slice(2);
const ci = process.env.CI === 'true';
const say = (line) => console.log(line);

for (const [signal, status] of [
  ['SIGINT', 130],
  ['SIGTERM', 143],
]) {
  process.once(signal, () => {
    say(`\n${signal}: stopping the tests and the parts they use`);
    void endRunning()
      .then(stopParts)
      .finally(() => process.exit(status));
  });
}

try {
  process.exitCode = await test();
} finally {
  await stopParts();
}

/** Runs everything, or one project, prints what it does and finds, and answers with the exit status. */
async function test() {
  const projects = (await projectsWithTests()).filter(
    ({ name }) => !wanted || name === wanted || name === `@vinaigrette/${wanted}`,
  );
  if (projects.length === 0) {
    say(`There is no project ${wanted}. There are: ${(await projectsWithTests()).map(({ name }) => name).join(', ')}`);
    return 2;
  }
  const total = { passed: 0, failed: 0, skipped: 0 };
  const failures = [];
  say(
    wanted
      ? `Testing ${projects[0].name}: compile, find the real parts, run its tests`
      : 'Testing everything: compile, check, find the real parts, run every test',
  );

  say(`\nChecks`);
  for (const { name, faults } of wanted ? checks.slice(0, 1) : checks) {
    const found = await faults();
    total[found ? 'failed' : 'passed'] += 1;
    if (found) failures.push(`check: ${name}`);
    say(found ? `  FAILED ${name}\n${found}` : `  ok  ${name}`);
  }

  say('\nReal parts');
  const { env, missing } = await findParts(say);

  say(`\nTests of ${projects.length} ${projects.length === 1 ? 'project' : 'projects'}; each is shown when it is done`);
  for (const { folder } of projects) {
    await mkdir(path.dirname(resultsOf(folder)), { recursive: true });
    await rm(resultsOf(folder), { force: true });
  }
  const names = projects.map(({ name }) => name).join(',');
  // Nothing here is timed: a test that takes long on a busy machine is not wrong.
  const jest = [
    '--testTimeout=120000',
    '--json',
    '--outputFile=.results/jest.json',
    '--passWithNoTests',
    '--ci',
    ...wordsForJest,
  ];
  const nx = ['run-many', '-t', 'test', `--projects=${names}`, '--parallel=2', '--output-style=static', '--', ...jest];
  const quiet = { NX_DAEMON: 'false', NX_TUI: 'false', npm_config_loglevel: 'error' };
  const { status } = await run(installed('nx'), nx, { env: { ...env, ...quiet }, show: true });

  const skipped = [];
  for (const { name, folder } of projects) {
    const sum = sumUp(name, await readJson(resultsOf(folder)), status);
    total.passed += sum.passed;
    total.failed += sum.failed;
    total.skipped += sum.skipped.length;
    skipped.push(...sum.skipped);
    failures.push(...sum.failures);
  }
  if (status !== 0 && total.failed === 0) {
    total.failed += 1;
    failures.push(`nx ended with status ${status}, see its output above`);
  }
  tellSkipped(skipped, missing);
  if (failures.length > 0) say(`\nFAILED\n${failures.map((failure) => `  ${failure}`).join('\n')}`);
  const refused = ci && (skipped.length > 0 || missing.some(({ required }) => required));
  if (refused) say('\nCI=true: what was skipped, or could not be found, counts as failure');
  say(`\n${lastLine(total)}`);
  return total.failed > 0 || refused ? 1 : 0;
}

function tellSkipped(skipped, missing) {
  if (skipped.length === 0) return;
  say(`\nSKIPPED ${skipped.length} tests`);
  for (const title of new Set(skipped)) {
    say(`  ${skipped.filter((other) => other === title).length} x ${title}`);
  }
  for (const { name, variable, why } of missing)
    say(`  ${name} was not found: ${why}. Set ${variable} to say where it is.`);
}

/** Every workspace that has a test script. */
async function projectsWithTests() {
  const { workspaces } = await readJson(path.join(root, 'package.json'));
  const folders = await Promise.all(
    workspaces.map(async (pattern) => {
      if (!pattern.endsWith('/*')) return [path.join(root, pattern)];
      const parent = path.join(root, pattern.slice(0, -2));
      return (await readdir(parent)).map((name) => path.join(parent, name));
    }),
  );
  const projects = await Promise.all(
    folders.flat().map(async (folder) => ({ folder, manifest: await readJson(path.join(folder, 'package.json')) })),
  );
  return projects
    .filter(({ manifest }) => manifest?.scripts?.test)
    .map(({ folder, manifest }) => ({ folder, name: manifest.name }));
}

function resultsOf(folder) {
  return path.join(folder, '.results/jest.json');
}

async function readJson(file) {
  return existsSync(file) ? JSON.parse(await readFile(file, 'utf8')) : undefined;
}
