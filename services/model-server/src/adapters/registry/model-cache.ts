import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { copyFile, link, mkdir, open, readdir, readFile, rename, rm } from 'node:fs/promises';
import { dirname, join, sep } from 'node:path';
import { fromJsonString, toJsonString } from '@bufbuild/protobuf';
import { WantedStateSchema, type WantedState } from '@vinaigrette/contracts/registry';
import type { Logger } from '@vinaigrette/edge';
import { Problem } from '@vinaigrette/problems';

/** Ends the name of what is still being written. */
const PART = '.part';

/**
 * The last good state and its artefacts on disk, for one process: `state.json`, `artefacts/<sha256>`, and the same bytes
 * once more by name, `versions/<id>/model.onnx`, since a graph looks for its weights beside itself. Files appear whole or
 * not at all: written beside, flushed, renamed.
 */
export class ModelCache {
  private readonly stateFile: string;
  private readonly artefacts: string;
  private readonly versions: string;
  /** Artefacts whose bytes this process has seen to be right. */
  private readonly verified = new Set<string>();
  private readonly arriving = new Map<string, Promise<string>>();

  constructor(
    folder: string,
    private readonly logger: Logger,
  ) {
    this.stateFile = join(folder, 'state.json');
    this.artefacts = join(folder, 'artefacts');
    this.versions = join(folder, 'versions');
  }

  /** Undefined when there is none, or when it cannot be read: then nothing was kept. */
  async readState(): Promise<WantedState | undefined> {
    for (const folder of [this.artefacts, this.versions]) {
      await mkdir(folder, { recursive: true });
      const leftovers = (await readdir(folder)).filter((name) => name.endsWith(PART));
      for (const name of leftovers) await rm(join(folder, name), { recursive: true, force: true });
    }
    try {
      return fromJsonString(WantedStateSchema, await readFile(this.stateFile, 'utf8'));
    } catch (error) {
      const missing = (error as NodeJS.ErrnoException).code === 'ENOENT';
      if (!missing)
        this.logger.warn({ err: error, file: this.stateFile }, 'the cached state cannot be read; starting without');
      return undefined;
    }
  }

  async writeState(state: WantedState): Promise<void> {
    await writeWhole(this.stateFile, [Buffer.from(toJsonString(WantedStateSchema, state, { prettySpaces: 2 }))]);
  }

  /** Whether the artefact is here with the right bytes. */
  async has(sha256: string): Promise<boolean> {
    if (this.verified.has(sha256)) return true;
    const found = await sha256Of(this.pathOf(sha256)).catch(() => undefined);
    if (found === sha256) this.verified.add(sha256);
    return found === sha256;
  }

  /** The artefact's path; downloaded first when it is not here. Throws ARTIFACT_CORRUPT when other bytes came. */
  obtain(sha256: string, download: () => AsyncIterable<Uint8Array>): Promise<string> {
    const arriving =
      this.arriving.get(sha256) ?? this.bring(sha256, download).finally(() => this.arriving.delete(sha256));
    this.arriving.set(sha256, arriving);
    return arriving;
  }

  /**
   * Puts artefacts that are here where a version's files are by name, and answers with that folder. Throws MODEL_INVALID
   * when a path leaves it.
   */
  async layOut(version: string, files: readonly { path: string; sha256: string }[]): Promise<string> {
    const folder = join(this.versions, version);
    const beside = `${folder}${PART}`;
    await rm(beside, { recursive: true, force: true });
    for (const { path, sha256 } of files) {
      const named = join(beside, path);
      if (!named.startsWith(beside + sep)) throw new Problem('MODEL_INVALID', `A version has no file ${path}`);
      await mkdir(dirname(named), { recursive: true });
      // The bytes once on disk where links can be had.
      await link(this.pathOf(sha256), named).catch(() => copyFile(this.pathOf(sha256), named));
    }
    await rm(folder, { recursive: true, force: true });
    await rename(beside, folder);
    return folder;
  }

  /** Drops every artefact and every version's folder that nobody needs when its turn comes. */
  async prune(isNeeded: (name: string) => boolean): Promise<void> {
    for (const folder of [this.artefacts, this.versions]) {
      for (const name of await readdir(folder)) {
        if (isNeeded(name) || name.endsWith(PART)) continue;
        this.verified.delete(name);
        await rm(join(folder, name), { recursive: true, force: true });
      }
    }
  }

  private async bring(sha256: string, download: () => AsyncIterable<Uint8Array>): Promise<string> {
    const path = this.pathOf(sha256);
    if (await this.has(sha256)) return path;
    const hash = createHash('sha256');
    await writeWhole(path, hashed(download(), hash), () => {
      const came = hash.digest('hex');
      if (came !== sha256) {
        throw new Problem('ARTIFACT_CORRUPT', `The bytes that came for ${sha256} have the SHA-256 ${came}`);
      }
    });
    this.verified.add(sha256);
    return path;
  }

  private pathOf(sha256: string): string {
    if (!/^[0-9a-f]{64}$/.test(sha256)) throw new Problem('ARTIFACT_CORRUPT', `${sha256.slice(0, 80)} is no SHA-256`);
    return join(this.artefacts, sha256);
  }
}

async function* hashed(chunks: AsyncIterable<Uint8Array>, hash: ReturnType<typeof createHash>) {
  for await (const chunk of chunks) {
    hash.update(chunk);
    yield chunk;
  }
}

/** Writes beside, checks, flushes, renames: the path holds the old file or the whole new one, also after a crash. */
async function writeWhole(
  path: string,
  chunks: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
  check: () => void = () => undefined,
): Promise<void> {
  const beside = `${path}${PART}`;
  try {
    const file = await open(beside, 'w');
    try {
      for await (const chunk of chunks) await file.writeFile(chunk);
      check();
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(beside, path);
  } catch (error) {
    await rm(beside, { force: true });
    throw error;
  }
}

async function sha256Of(path: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(path)) hash.update(chunk as Buffer);
  return hash.digest('hex');
}
