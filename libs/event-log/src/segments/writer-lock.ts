import { randomUUID } from 'node:crypto';
import { linkSync, readFileSync, renameSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';

/** A lock held from another host is believed this long after its last beat. */
const FOREIGN_BEAT_MS_MAX = 15_000;

interface Holder {
  pid: number;
  host: string;
  /** When the process started, as the system counts; empty where it does not say. Tells a reused pid apart. */
  started: string;
  /** Tells two locks of one process apart. */
  id: string;
}

/** One writer a gateway id: two would give the same sequence twice. */
export class WriterLock {
  private readonly path: string;
  private readonly holder: Holder = {
    pid: process.pid,
    host: hostname(),
    started: startOf(process.pid),
    id: randomUUID(),
  };

  private constructor(private readonly folder: string) {
    this.path = join(folder, 'lock');
  }

  /** Takes the lock, also from a process that is dead; throws when its holder lives. */
  static take(folder: string): WriterLock {
    const lock = new WriterLock(folder);
    const draft = join(folder, `lock.${lock.holder.id}`);
    writeFileSync(draft, JSON.stringify(lock.holder));
    try {
      while (!lock.link(draft)) lock.evict();
    } finally {
      rmSync(draft, { force: true });
    }
    return lock;
  }

  /** Says that the holder lives, to other hosts that share the disk. */
  beat(): void {
    const now = new Date();
    utimesSync(this.path, now, now);
  }

  release(): void {
    if (readHolder(this.path)?.id === this.holder.id) rmSync(this.path, { force: true });
  }

  /** A hard link appears whole or not at all, and never over another. */
  private link(draft: string): boolean {
    try {
      linkSync(draft, this.path);
      return true;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
      throw error;
    }
  }

  private evict(): void {
    const found = readHolder(this.path);
    if (found && this.lives(found)) {
      const who = `process ${found.pid} on ${found.host}`;
      throw new Error(`${this.folder} is written by ${who}: stop it, or give this gateway a GATEWAY_ID of its own`);
    }
    // Only one of several takers moves it away; one that moved a newer, living lock puts it back.
    const aside = join(this.folder, `lock.${randomUUID()}`);
    try {
      renameSync(this.path, aside);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return;
      throw error;
    }
    if (readHolder(aside)?.id !== found?.id) this.link(aside);
    rmSync(aside, { force: true });
  }

  private lives(found: Holder): boolean {
    if (found.host !== this.holder.host) {
      const beatMs = statSync(this.path, { throwIfNoEntry: false })?.mtimeMs;
      return beatMs !== undefined && Date.now() - beatMs < FOREIGN_BEAT_MS_MAX;
    }
    try {
      process.kill(found.pid, 0);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ESRCH') return false;
    }
    const started = startOf(found.pid);
    return started === '' || found.started === '' || started === found.started;
  }
}

/** Undefined when there is no lock, or none that can be read, as after a power cut. */
function readHolder(path: string): Holder | undefined {
  try {
    const holder = JSON.parse(readFileSync(path, 'utf8')) as Partial<Holder> | null;
    return typeof holder?.pid === 'number' && typeof holder.id === 'string' ? (holder as Holder) : undefined;
  } catch (error) {
    if (error instanceof SyntaxError || (error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

/** Boot and clock ticks at which a process started, from Linux's /proc; '' elsewhere or when there is none. */
function startOf(pid: number): string {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' '); // the name before it may hold blanks
    return `${readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()}/${fields[19]}`;
  } catch {
    return '';
  }
}
