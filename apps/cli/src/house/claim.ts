import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { isFree, freePort } from '@vinaigrette/embedded-postgres';
import { Problem } from '@vinaigrette/problems';
import { portVariables, type Ports, type PortVariable } from '../domain/plan-house.js';
import { runsScript } from './processes.js';

/** Makes this process the only supervisor of a state folder; answers with what gives it up again. Throws ALREADY_RUNNING. */
export function claimState(stateDir: string): Promise<() => void> {
  const file = path.join(stateDir, 'run/supervisor.pid');
  mkdirSync(path.dirname(file), { recursive: true });
  const running = (pid: number) =>
    new Problem('ALREADY_RUNNING', `Process ${pid} already runs Vinaigrette on ${stateDir}`);
  return claim(file, running);
}

/**
 * Writes this process's id into a file that was not there; answers with what removes it again. Throws what `running`
 * makes of the process of ours that wrote it before; the file of one that was killed is taken over.
 */
export async function claim(file: string, running: (pid: number) => Problem): Promise<() => void> {
  for (;;) {
    try {
      writeFileSync(file, String(process.pid), { flag: 'wx' });
      return () => rmSync(file, { force: true });
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    }
    const pid = Number(readFileSync(file, 'utf8'));
    if (pid !== process.pid && (await isOurs(pid))) throw running(pid);
    rmSync(file, { force: true });
  }
}

/** By `npm start`, or by the command itself. */
async function isOurs(pid: number): Promise<boolean> {
  return (
    (await runsScript(pid, 'tools/start.mjs')) || (await runsScript(pid, 'main.js')) || runsScript(pid, 'vinaigrette')
  );
}

/** The ports as wanted, with a free one for each 0. Throws PORT_TAKEN naming every one that somebody listens on. */
export async function claimPorts(wanted: Ports): Promise<Ports> {
  const variables = Object.keys(portVariables) as PortVariable[];
  const taken: string[] = [];
  const ports: [PortVariable, number][] = [];
  for (const variable of variables) {
    const port = wanted[variable] === 0 ? await freePort() : wanted[variable];
    const twice = ports.find(([, other]) => other === port);
    if (twice)
      taken.push(
        `${portVariables[variable]} and ${portVariables[twice[0]]} both want port ${port} (${variable}, ${twice[0]})`,
      );
    else if (!(await isFree(port)))
      taken.push(`${portVariables[variable]} cannot listen on port ${port}: another process has it (${variable})`);
    ports.push([variable, port]);
  }
  if (taken.length > 0) throw new Problem('PORT_TAKEN', taken.join('\n'));
  return Object.fromEntries(ports) as Ports;
}
