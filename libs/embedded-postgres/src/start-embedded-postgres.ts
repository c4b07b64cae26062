import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { chown, readFile, rename, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Problem } from '@vinaigrette/problems';
import pg from 'pg';
import { unpackBinaries, type Binaries } from './binaries.js';
import { freePort, isFree } from './port.js';
import { run } from './run.js';
import { settle, type ServerUser } from './server-user.js';

/** Role and database that the server is made with. */
const NAME = 'vinaigrette';
/** How long a start may take: crash recovery replays the write-ahead log first. */
const START_TIMEOUT_S = 60;

export interface EmbeddedPostgresOptions {
  /** A folder of the server's own: binaries, data, log. Made when it is not there. */
  dataDir: string;
  /** Loopback port; default: the one used last, if it is free, else a free one. */
  port?: number;
}

export interface EmbeddedPostgres {
  /** `postgres://...` of the database `vinaigrette`, with a password: hand it to services, not to logs. */
  url: string;
  port: number;
  /** True when the server was found running, left behind by a process that could not stop it. */
  adopted: boolean;
  logFile: string;
  /** Whether the server's process lives. */
  isRunning(): Promise<boolean>;
  /** Ends sessions, writes everything down, and answers when the server is gone. Harmless when it is already. */
  stop(): Promise<void>;
}

interface Place {
  home: string;
  data: string;
  logFile: string;
  user: ServerUser | undefined;
  binaries: Binaries;
}

/**
 * A real PostgreSQL of this project's own, on loopback: started on its data, or adopted where it still runs. As root the
 * server runs as an unprivileged user (see `settle`). Throws DATABASE_NOT_STARTED with the end of the server's log.
 */
export async function startEmbeddedPostgres(options: EmbeddedPostgresOptions): Promise<EmbeddedPostgres> {
  const place = await placeOf(options.dataDir);
  const password = await create(place);
  const adopted = (await isRunning(place)) && (await isOurs(place));
  const port = adopted ? await portOfRunning(place) : await start(place, options.port);
  const url = `postgres://${NAME}:${password}@127.0.0.1:${port}/${NAME}`;
  await createDatabase(place, url);
  const pid = await pidOf(place);
  return { url, port, adopted, logFile: place.logFile, isRunning: () => isPostgres(pid), stop: () => stop(place) };
}

/** Stops the server of this folder, whoever started it, and deletes the folder with everything in it. */
export async function removeEmbeddedPostgres({ dataDir }: { dataDir: string }): Promise<void> {
  if (!existsSync(dataDir)) return;
  const place = await placeOf(dataDir);
  if (existsSync(place.data)) await stop(place);
  await rm(place.home, { recursive: true, force: true });
  await rm(dataDir, { recursive: true, force: true });
}

async function placeOf(dataDir: string): Promise<Place> {
  const { home, user } = await settle(path.resolve(dataDir));
  const binaries = await unpackBinaries(home);
  return { home, user, binaries, data: path.join(home, 'data'), logFile: path.join(home, 'server.log') };
}

/** Makes the data folder once, whole or not at all, and answers with the password it was made with. */
async function create(place: Place): Promise<string> {
  const passwordFile = path.join(place.home, 'password');
  if (existsSync(place.data)) return (await readFile(passwordFile, 'utf8')).trim();
  const password = randomBytes(18).toString('base64url');
  await writeFile(passwordFile, `${password}\n`, { mode: 0o600 });
  if (place.user) await chown(passwordFile, place.user.uid, place.user.gid);
  const partial = `${place.data}.partial`;
  await rm(partial, { recursive: true, force: true });
  const made = await run(
    place.binaries.program('initdb'),
    // Bytes in code-point order, the same on every platform; the role's password is asked for, also on loopback.
    ['-D', partial, '-U', NAME, '-A', 'scram-sha-256', `--pwfile=${passwordFile}`, '-E', 'UTF8', '--locale=C'].concat([
      '--locale-provider=builtin',
      '--builtin-locale=C.UTF-8',
    ]),
    place.user,
    place.home,
  );
  if (made.status !== 0) throw new Problem('DATABASE_NOT_STARTED', `initdb failed: ${made.text.trim()}`);
  await rename(partial, place.data);
  return password;
}

const control = (place: Place, ...words: string[]) =>
  run(place.binaries.program('pg_ctl'), ['-D', place.data, ...words], place.user, place.home);

async function isRunning(place: Place): Promise<boolean> {
  return (await control(place, 'status')).status === 0;
}

/**
 * `pg_ctl status` believes the process id of the last server. After a reboot that id may be anybody's, and PostgreSQL
 * would refuse to start for ever: such a stale id is taken away.
 */
async function isOurs(place: Place): Promise<boolean> {
  if (await isPostgres(await pidOf(place))) return true;
  await rm(pidFileOf(place));
  return false;
}

const pidFileOf = (place: Place): string => path.join(place.data, 'postmaster.pid');

async function pidOf(place: Place): Promise<number> {
  return Number((await readFile(pidFileOf(place), 'utf8')).split('\n')[0]);
}

/** Whether this process lives and, where the system tells (Linux), is a PostgreSQL that has not been killed. */
async function isPostgres(pid: number): Promise<boolean> {
  try {
    process.kill(pid, 0);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EPERM') return false;
  }
  if (process.platform !== 'linux') return true;
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '');
  return /^\d+ \(postgres\) [^ZX]/.test(stat);
}

/** The fourth line of postmaster.pid, which every PostgreSQL since 9.1 writes. */
async function portOfRunning(place: Place): Promise<number> {
  const lines = (await readFile(pidFileOf(place), 'utf8')).split('\n');
  return Number(lines[3]);
}

async function start(place: Place, wanted: number | undefined): Promise<number> {
  if (wanted !== undefined && !(await isFree(wanted))) {
    throw new Problem('PORT_TAKEN', `PostgreSQL cannot listen on port ${wanted}: another process has it`);
  }
  const portFile = path.join(place.home, 'port');
  const last = Number(await readFile(portFile, 'utf8').catch(() => '0'));
  const port = wanted ?? (last > 0 && (await isFree(last)) ? last : await freePort());
  // Loopback only, and no socket file: its path may have 107 bytes at most, and a project may lie deeper than that.
  const settings = [`-p ${port}`, '-c listen_addresses=127.0.0.1', "-c unix_socket_directories=''"].join(' ');
  const words = ['-w', '-t', String(START_TIMEOUT_S), '-l', place.logFile, '-o', settings, 'start'];
  let started = await control(place, ...words);
  // Children of a server that was killed need a moment to notice before its shared memory is free.
  for (let attempt = 0; started.status !== 0 && attempt < 10 && (await waitsForChildren(place)); attempt++) {
    await sleep(500);
    started = await control(place, ...words);
  }
  if (started.status !== 0) {
    throw new Problem(
      'DATABASE_NOT_STARTED',
      `PostgreSQL does not start. ${place.logFile} ends:\n${await logEnd(place)}`,
    );
  }
  await writeFile(portFile, String(port));
  return port;
}

async function waitsForChildren(place: Place): Promise<boolean> {
  return /pre-existing shared memory block .* is still in use/.test(await logEnd(place));
}

async function logEnd(place: Place): Promise<string> {
  const text = await readFile(place.logFile, 'utf8').catch(() => '(no log)');
  return text.trimEnd().split('\n').slice(-8).join('\n');
}

/** The database, unless it is there. Also the proof that the server answers and knows our password. */
async function createDatabase(place: Place, url: string): Promise<void> {
  const deadline = Date.now() + START_TIMEOUT_S * 1_000;
  for (;;) {
    const client = new pg.Client({ connectionString: url.replace(/[^/]+$/, 'postgres') });
    client.on('error', () => undefined); // told by the query that fails
    try {
      await client.connect();
      const { rowCount } = await client.query('SELECT 1 FROM pg_database WHERE datname = $1', [NAME]);
      if (rowCount === 0) await client.query(`CREATE DATABASE ${NAME}`);
      return;
    } catch (error) {
      // An adopted server may still replay its log: 57P03, cannot connect now.
      if ((error as { code?: string }).code !== '57P03' || Date.now() > deadline) {
        const message = `PostgreSQL runs, but does not let us in: ${(error as Error).message}. Its log: ${place.logFile}`;
        throw new Problem('DATABASE_NOT_STARTED', message, { cause: error });
      }
      await sleep(200);
    } finally {
      await client.end().catch(() => undefined);
    }
  }
}

async function stop(place: Place): Promise<void> {
  const stopped = await control(place, '-m', 'fast', '-w', 'stop');
  if (stopped.status !== 0 && (await isRunning(place))) {
    throw new Problem('DATABASE_NOT_STARTED', `PostgreSQL does not stop: ${stopped.text.trim()}`);
  }
}
