import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { chown, mkdir, readdir, realpath, stat, symlink } from 'node:fs/promises';
import { randomUUID } from 'node:crypto';
import path from 'node:path';
import { Problem } from '@vinaigrette/problems';

/** Where the server's files go when its user cannot walk to the folder that was asked for. */
const OUTSIDE = '/var/lib/vinaigrette';

/** Who the server runs as. PostgreSQL refuses to run as root. Absent: as whoever asks. */
export interface ServerUser {
  uid: number;
  gid: number;
}

/**
 * The server's user and its folder, made if need be. For anybody but root: oneself, and the folder as asked. For root:
 * the owner of what is already there, else `postgres`, else `nobody`; when that user may not walk to the folder (a home
 * that only root may enter), the folder becomes a link to one below /var/lib/vinaigrette, so deleting the link starts
 * afresh and a second checkout gets a database of its own.
 */
export async function settle(folder: string): Promise<{ home: string; user: ServerUser | undefined }> {
  if (process.getuid?.() !== 0) {
    await mkdir(folder, { recursive: true, mode: 0o700 });
    const home = await realpath(folder);
    const { uid } = await stat(home);
    if (process.getuid && uid !== process.getuid()) {
      throw new Problem(
        'DATABASE_NOT_STARTED',
        `${home} belongs to uid ${uid}; run as that user, or delete the folder`,
      );
    }
    return { home, user: undefined };
  }
  if (existsSync(folder)) {
    const home = await realpath(folder);
    const { uid, gid } = await stat(home);
    const user = uid === 0 ? unprivilegedUser() : { uid, gid };
    if (canEnter(user, home)) return { home: await owned(home, user), user };
    if ((await readdir(home)).length > 0) {
      const message = `The server runs as uid ${user.uid}, which may no longer enter ${home}; let it, or delete the folder`;
      throw new Problem('DATABASE_NOT_STARTED', message);
    }
  }
  const user = unprivilegedUser();
  await mkdir(path.dirname(folder), { recursive: true });
  if (canEnter(user, await realpath(path.dirname(folder)))) {
    await mkdir(folder, { recursive: true });
    return { home: await owned(await realpath(folder), user), user };
  }
  const home = path.join(OUTSIDE, `postgres-${randomUUID()}`);
  await mkdir(home, { recursive: true });
  await symlink(home, folder);
  return { home: await owned(home, user), user };
}

async function owned(home: string, user: ServerUser): Promise<string> {
  await chown(home, user.uid, user.gid);
  return home;
}

/** `initdb` wants a user with a name: the first of these that the machine knows. */
function unprivilegedUser(): ServerUser {
  const accounts = readFileSync('/etc/passwd', 'utf8')
    .split('\n')
    .map((line) => line.split(':'));
  for (const name of ['postgres', 'nobody']) {
    const account = accounts.find((fields) => fields[0] === name);
    if (account) return { uid: Number(account[2]), gid: Number(account[3]) };
  }
  const message = 'PostgreSQL does not run as root, and this machine has neither a user postgres nor nobody';
  throw new Problem('DATABASE_NOT_STARTED', message);
}

/** Asked of the kernel, as that user: modes alone do not tell (ACLs, mounts). */
function canEnter(user: ServerUser, folder: string): boolean {
  return spawnSync('/bin/sh', ['-c', 'cd -P "$1"', 'sh', folder], { ...user, cwd: '/' }).status === 0;
}
