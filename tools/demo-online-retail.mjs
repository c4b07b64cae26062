import { installed, run } from './processes.mjs';

/** `npm run demo:online-retail -- FILE`: builds what the journey needs, then makes it. */
const { status, text } = await run(installed('tsc'), ['-b']);
if (status !== 0) {
  console.error(text);
  process.exit(1);
}
await import('../proof/dist/journey/online-retail/main.js');
