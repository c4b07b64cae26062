import { execFileSync } from 'node:child_process';

/** Lints the contracts, refuses what breaks released clients, and generates their TypeScript. */
const buf = (...words) => execFileSync('../node_modules/.bin/buf', words, { cwd: 'proto', stdio: 'inherit' });
buf('lint');
buf('breaking', '--against', 'released.binpb');
buf('generate');
