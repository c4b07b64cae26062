import { existsSync } from 'node:fs';
import path from 'node:path';
import { endRunning, installed, root, run } from './processes.mjs';

/** `npm start`: builds what the house needs, then becomes its supervisor. */
if (!existsSync(installed('tsc'))) {
  console.error('The packages are not installed yet. Install them: npm ci');
  process.exit(1);
}
const interrupt = () => void endRunning().finally(() => process.exit(130));
process.once('SIGINT', interrupt).once('SIGTERM', interrupt);

const first = !existsSync(path.join(root, 'apps/cli/dist/src/main.js'));
console.log(first ? 'Building (the first time takes a little while)' : 'Building what has changed');
const { status, text } = await run(installed('tsc'), ['-b', '--verbose', 'apps/cli'], {
  onText(chunk) {
    for (const [, project] of chunk.matchAll(/Building project '(.+)\/tsconfig\.json'/g)) {
      console.log(`  ${path.relative(root, path.resolve(root, project))}`);
    }
  },
});
if (status === null) process.exit(130); // interrupted
if (status !== 0) {
  const faults = text.split('\n').filter((line) => line.includes('error TS'));
  console.error(`${faults.join('\n')}\nThe sources do not compile, so nothing is started.`);
  process.exit(1);
}

process.off('SIGINT', interrupt).off('SIGTERM', interrupt);
process.argv.splice(2, 0, 'start');
await import('../apps/cli/dist/src/main.js');
