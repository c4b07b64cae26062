#!/usr/bin/env node
import { existsSync } from 'node:fs';

const main = new URL('../dist/src/main.js', import.meta.url);
if (!existsSync(main)) {
  console.error('The command is not built yet. Build it: npm run build');
  process.exit(1);
}
await import(main.href);
