import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { spawn } from 'node:child_process';
import { chmod, chown, lstat, mkdtemp, readFile, realpath, rm, stat, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import pg from 'pg';
import { removeEmbeddedPostgres, startEmbeddedPostgres, type EmbeddedPostgres } from '../src/index.js';

jest.setTimeout(120_000);

const asRoot = process.getuid?.() === 0;

describe('startEmbeddedPostgres()', () => {
  let folder: string;
  let dataDir: string;
  let running: EmbeddedPostgres | undefined;

  const start = async (port?: number) => (running = await startEmbeddedPostgres({ dataDir, port }));
  const query = async (url: string, text: string) => {
    const client = new pg.Client({ connectionString: url });
    await client.connect();
    try {
      return (await client.query(text)).rows as Record<string, unknown>[];
    } finally {
      await client.end();
    }
  };
  const postmasterPid = async () =>
    Number((await readFile(path.join(dataDir, 'data/postmaster.pid'), 'utf8')).split('\n')[0]);
  const gone = async (pid: number) => {
    for (;;) {
      try {
        process.kill(pid, 0);
        await new Promise((resolve) => setTimeout(resolve, 50));
      } catch {
        return;
      }
    }
  };

  beforeEach(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'embedded-postgres-'));
    await chmod(folder, 0o755);
    dataDir = path.join(folder, 'postgres');
    running = undefined;
  });

  afterEach(async () => {
    await removeEmbeddedPostgres({ dataDir });
    await rm(folder, { recursive: true });
  });

  it('keeps the data from one start to the next, on the same port', async () => {
    const first = await start();
    expect(first.adopted).toBe(false);
    expect(await first.isRunning()).toBe(true);
    await query(first.url, 'CREATE TABLE kept AS SELECT 42 AS n');
    await first.stop();
    const second = await start();
    expect(second).toMatchObject({ adopted: false, port: first.port, url: first.url });
    expect(await query(second.url, 'SELECT n FROM kept')).toEqual([{ n: 42 }]);
  });

  it('adopts a server that nobody stopped', async () => {
    const first = await start();
    const second = await startEmbeddedPostgres({ dataDir });
    expect(second).toMatchObject({ adopted: true, url: first.url });
    await second.stop();
    await expect(query(first.url, 'SELECT 1')).rejects.toThrow(/ECONNREFUSED/);
    await first.stop();
  });

  it('loses nothing that was committed when the server is killed', async () => {
    const first = await start();
    await query(first.url, 'CREATE TABLE kept (n int)');
    await query(first.url, 'INSERT INTO kept SELECT generate_series(1, 1000)');
    const pid = await postmasterPid();
    process.kill(pid, 'SIGKILL');
    await gone(pid);
    expect(await first.isRunning()).toBe(false);
    const second = await start();
    expect(second.adopted).toBe(false);
    expect(await query(second.url, 'SELECT count(*)::int AS n FROM kept')).toEqual([{ n: 1000 }]);
  });

  it('takes another free port when its last one is taken, and refuses a wanted one that is', async () => {
    const first = await start();
    await first.stop();
    const squatter = await new Promise<Server>((resolve) => {
      const server = createServer().listen(first.port, '127.0.0.1', () => resolve(server));
    });
    try {
      await expect(start(first.port)).rejects.toMatchObject({ code: 'PORT_TAKEN' });
      expect((await start()).port).not.toBe(first.port);
    } finally {
      await new Promise((resolve) => squatter.close(resolve));
    }
  });

  it('asks for its password, and listens on loopback only', async () => {
    const { url } = await start();
    await expect(query(url.replace(/:[^:@]+@/, ':wrong@'), 'SELECT 1')).rejects.toMatchObject({ code: '28P01' });
    expect(await query(url, "SELECT current_setting('listen_addresses') AS on")).toEqual([{ on: '127.0.0.1' }]);
  });

  it('is removed with its server, and is new after that', async () => {
    const first = await start();
    const home = await realpath(dataDir);
    await removeEmbeddedPostgres({ dataDir });
    await expect(query(first.url, 'SELECT 1')).rejects.toThrow(/ECONNREFUSED/);
    await expect(stat(home)).rejects.toMatchObject({ code: 'ENOENT' });
    expect((await start()).url).not.toBe(first.url);
  });

  if (process.platform === 'linux')
    it('starts when the process id it remembers is somebody else by now', async () => {
      const first = await start();
      const file = path.join(dataDir, 'data/postmaster.pid');
      const lines = (await readFile(file, 'utf8')).split('\n');
      await first.stop();
      const { uid, gid } = await stat(path.join(dataDir, 'data'));
      const stranger = spawn('sleep', ['60'], asRoot ? { uid, gid } : {});
      try {
        await writeFile(file, [String(stranger.pid), ...lines.slice(1)].join('\n'));
        await chown(file, uid, gid);
        expect((await start()).adopted).toBe(false);
      } finally {
        stranger.kill();
      }
    });

  it('says why when the data is not fit to start on', async () => {
    await (await start()).stop();
    await rm(path.join(dataDir, 'data/global'), { recursive: true });
    const failed = startEmbeddedPostgres({ dataDir });
    await expect(failed).rejects.toMatchObject({
      code: 'DATABASE_NOT_STARTED',
      message: expect.stringMatching(/global/),
    });
  });

  if (asRoot)
    describe('as root', () => {
      it('runs the server as somebody else', async () => {
        await start();
        expect((await stat(path.join(dataDir, 'data'))).uid).not.toBe(0);
      });

      it('puts the data where that user may go, when only root may enter the folder', async () => {
        await chmod(folder, 0o700);
        const { url } = await start();
        expect((await lstat(dataDir)).isSymbolicLink()).toBe(true);
        await query(url, 'CREATE TABLE kept AS SELECT 42 AS n');
        await running?.stop();
        const again = await start();
        expect(await query(again.url, 'SELECT n FROM kept')).toEqual([{ n: 42 }]);
      });
    });
});
