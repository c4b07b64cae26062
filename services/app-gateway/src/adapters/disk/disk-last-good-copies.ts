import { createHash, randomUUID } from 'node:crypto';
import { mkdir, open, readdir, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { fromJsonString, toJsonString } from '@bufbuild/protobuf';
import { WantedStateSchema, type WantedState } from '@vinaigrette/contracts/registry';
import { LastGoodCopies } from '../../last-good-copies.js';

/** `wanted-state.json` and `artefacts/<sha256>` in one folder, each written whole or not at all. */
export class DiskLastGoodCopies extends LastGoodCopies {
  private readonly statePath: string;
  private readonly artefacts: string;

  constructor(private readonly folder: string) {
    super();
    this.statePath = join(folder, 'wanted-state.json');
    this.artefacts = join(folder, 'artefacts');
  }

  async state(): Promise<WantedState | undefined> {
    try {
      return fromJsonString(WantedStateSchema, await readFile(this.statePath, 'utf8'), { ignoreUnknownFields: true });
    } catch {
      return undefined;
    }
  }

  async keepState(state: WantedState, artefacts: readonly string[]): Promise<void> {
    await mkdir(this.folder, { recursive: true });
    await writeWhole(this.statePath, Buffer.from(toJsonString(WantedStateSchema, state)));
    const kept = await readdir(this.artefacts).catch(() => []);
    for (const name of kept) if (!artefacts.includes(name)) await rm(join(this.artefacts, name), { force: true });
  }

  async artefact(sha256: string): Promise<Uint8Array | undefined> {
    const bytes = await readFile(join(this.artefacts, sha256)).catch(() => undefined);
    return bytes && createHash('sha256').update(bytes).digest('hex') === sha256 ? bytes : undefined;
  }

  async keepArtefact(sha256: string, bytes: Uint8Array): Promise<void> {
    await mkdir(this.artefacts, { recursive: true });
    await writeWhole(join(this.artefacts, sha256), bytes);
  }
}

/** A reader, also after a power cut, meets the old file or the new one, never a part. */
async function writeWhole(path: string, bytes: Uint8Array): Promise<void> {
  const temporary = `${path}.${randomUUID()}.tmp`;
  const file = await open(temporary, 'w');
  try {
    await file.writeFile(bytes);
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(temporary, path);
}
