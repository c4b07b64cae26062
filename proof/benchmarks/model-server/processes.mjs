/** Servers under measurement: started, waited for, and looked at from outside. */
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';

const pause = (ms = 50) => new Promise((done) => setTimeout(done, ms));

/** Starts a program that says `{"msg":"listening", ...}` on its standard output; answers with that and its `pid`. */
export function listening(children, program, words, environment = {}) {
  const env = { ...process.env, ...environment };
  const child = spawn(program, words, { env, stdio: ['ignore', 'pipe', 'inherit'] });
  children.push(child);
  return new Promise((told, failed) => {
    child.once('error', failed);
    child.once('exit', (code) => failed(new Error(`${words.join(' ')} ended with ${code}`)));
    createInterface({ input: child.stdout }).on('line', (line) => {
      if (!line.startsWith('{')) return; // others greet in other ways
      const event = JSON.parse(line);
      if (event.msg === 'listening') told({ ...event, pid: child.pid });
    });
  });
}

export async function untilReady(port, path = '/readyz') {
  const url = `http://127.0.0.1:${port}${path}`;
  while ((await fetch(url).catch(() => undefined))?.status !== 200) await pause();
}

export async function untilServed(port, name, number) {
  for (;;) {
    const { models } = await (await fetch(`http://127.0.0.1:${port}/readyz`)).json();
    const versions = models.find((model) => model.name === name).versions;
    if (versions.some((version) => version.number === number && version.state === 'ready')) return;
    await pause();
  }
}

/** CPU time a process has used, in microseconds, to 10 ms; NaN where there is no /proc. */
export function cpuUsOf(pid) {
  if (process.platform !== 'linux') return NaN;
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1].split(' ');
  return (Number(fields[11]) + Number(fields[12])) * 10_000; // user and system time, 100 ticks a second
}

/** Resident memory. */
export function memoryMbOf(pid) {
  if (process.platform !== 'linux') return NaN;
  return Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) / 1_024;
}
