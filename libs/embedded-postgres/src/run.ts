import { spawn } from 'node:child_process';
import type { ServerUser } from './server-user.js';

export interface Outcome {
  status: number | null;
  /** Standard output and error together, as far as they went. */
  text: string;
}

/** Runs a program to its end as the server's user, in a folder that user may be in and under a plain locale. */
export async function run(
  program: string,
  words: string[],
  user: ServerUser | undefined,
  cwd: string,
): Promise<Outcome> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, words, {
      ...user,
      cwd,
      env: { ...withoutPostgresSettings(process.env), LC_ALL: 'C' },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let text = '';
    const keep = (chunk: Buffer) => (text += chunk.toString());
    child.stdout.on('data', keep);
    child.stderr.on('data', keep);
    child.on('error', reject);
    // 'exit', not 'close': a server that outlives pg_ctl may hold the pipe.
    child.on('exit', (status) => resolve({ status, text }));
  });
}

/** PGDATA, PGPORT and their like would make the programs act on somebody else's server. */
function withoutPostgresSettings(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(env).filter(([name]) => !name.startsWith('PG')));
}
