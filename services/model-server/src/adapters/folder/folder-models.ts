import { createHash } from 'node:crypto';
import { readdir, readFile, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import type { Logger } from '@vinaigrette/edge';
import { idOf, type Version, type WantedModel } from '../../domain/plan-versions.js';
import { settledVersions } from '../../domain/settled-versions.js';
import type { VersionFiles } from '../../executors.js';
import { ModelSource, type ApplyWanted } from '../../model-source.js';

const MODEL = 'model.onnx';
const SETTINGS = 'config.json';
const MODEL_NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$/;
const VERSION_NAME = /^[1-9]\d{0,8}$/;
/** Of the time, for looking through the folder: a large one is looked at less often, up to so many times. */
const SCAN_SHARE_MAX = 0.005;
const POLLS_MISSED_MAX = 10;

/**
 * A plain folder, `NAME/VERSION/model.onnx` with golden.json, signature.json and config.json where there are any; a
 * `NAME/config.json` holds for each version that has none of its own. Everything in it is wanted; the highest number
 * answers for the alias `latest` and for an empty version. A version is another one when any file of it changes, be it
 * weights beside the graph; those whose names begin with a dot are nobody's.
 */
export class FolderModels extends ModelSource {
  private readonly misplaced = new Set<string>();

  constructor(
    private readonly folder: string,
    private readonly pollMs: number,
    private readonly logger: Logger,
  ) {
    super();
  }

  override async follow(apply: ApplyWanted, signal: AbortSignal): Promise<void> {
    let taken: Version[] | undefined;
    let before: Version[] = [];
    while (!signal.aborted) {
      const startedMs = performance.now();
      const found = await this.scan();
      const scanMs = performance.now() - startedMs;
      if (found) {
        // What a start finds is taken as it is: if it is half a copy, it is unfit, and tried again when it is whole.
        const settled = taken ? settledVersions(found, before, taken) : found;
        if (!taken || !sameVersions(settled, taken)) void apply(wantedOf(settled));
        taken = settled;
        before = found;
      }
      const pauseMs = Math.min(Math.max(this.pollMs, scanMs / SCAN_SHARE_MAX), this.pollMs * POLLS_MISSED_MAX);
      await pause(pauseMs, undefined, { signal }).catch(() => undefined);
    }
  }

  override async fetch(version: Version): Promise<VersionFiles> {
    const path = (file: string) => join(this.folder, version.model, String(version.number), file);
    const text = (file: string) => readFile(file, 'utf8').catch(ignoreMissing);
    const signatureJson = await text(path('signature.json'));
    const settingsJson = (await text(path(SETTINGS))) ?? (await text(join(this.folder, version.model, SETTINGS)));
    return {
      modelPath: path(MODEL),
      ...((await exists(path('golden.json'))) ? { goldenPath: path('golden.json') } : {}),
      ...(signatureJson === undefined ? {} : { signatureJson }),
      ...(settingsJson === undefined ? {} : { settingsJson }),
    };
  }

  override remember(): void {
    // The folder itself is what a restart begins with.
  }

  /** Undefined when the folder cannot be read at the moment: a mount that is away takes no model out of service. */
  private async scan(): Promise<Version[] | undefined> {
    try {
      const names = (await readdir(this.folder)).filter((name) => MODEL_NAME.test(name)).sort();
      const versions: Version[] = [];
      for (const name of names) versions.push(...(await this.versionsOf(name)));
      return versions;
    } catch (error) {
      this.logger.warn(
        { err: error, folder: this.folder },
        'the model repository cannot be read; what serves, serves on',
      );
      return undefined;
    }
  }

  private async versionsOf(model: string): Promise<Version[]> {
    const folder = join(this.folder, model);
    const names = (await readdir(folder).catch(ignoreMissing)) ?? [];
    if (names.includes(MODEL)) this.tellMisplaced(model);
    const shared = names.includes(SETTINGS) ? [join(folder, SETTINGS)] : [];
    const versions: Version[] = [];
    for (const name of names.filter((candidate) => VERSION_NAME.test(candidate))) {
      const digest = await this.digestOf(join(folder, name), shared);
      if (digest) versions.push({ model, number: Number(name), digest });
    }
    return versions;
  }

  /** Once: it is the first mistake of whoever makes such a folder, and would look as if nothing had been put there. */
  private tellMisplaced(model: string): void {
    if (this.misplaced.has(model)) return;
    this.misplaced.add(model);
    this.logger.warn(`${model}/${MODEL} is not served: put the files of its first version into ${model}/1/`);
  }

  /** Of the files' sizes and times, not their bytes; undefined when there is no model. */
  private async digestOf(folder: string, shared: readonly string[]): Promise<string | undefined> {
    const files = (await readdir(folder, { recursive: true }).catch(ignoreMissing)) ?? [];
    if (!files.includes(MODEL)) return undefined;
    const paths = files.filter((file) => !basename(file).startsWith('.')).map((file) => join(folder, file));
    const marks: string[] = [];
    for (const path of [...paths.sort(), ...shared]) {
      const found = await stat(path).catch(ignoreMissing);
      if (found) marks.push(`${path} ${found.size} ${found.mtimeMs} ${found.ino}`);
    }
    return createHash('sha256').update(marks.join('\n')).digest('hex').slice(0, 12);
  }
}

/** Everything found is wanted. */
function wantedOf(versions: readonly Version[]): WantedModel[] {
  return [...new Set(versions.map(({ model }) => model))].sort().map((name) => {
    const own = versions.filter(({ model }) => model === name).sort((a, b) => a.number - b.number);
    return { name, aliases: { latest: own.at(-1)?.number as number }, defaultAlias: 'latest', versions: own };
  });
}

function sameVersions(some: readonly Version[], others: readonly Version[]): boolean {
  const [ids, otherIds] = [some, others].map((versions) => versions.map(idOf).sort().join());
  return ids === otherIds;
}

const exists = async (path: string): Promise<boolean> => (await stat(path).catch(ignoreMissing)) !== undefined;

function ignoreMissing(error: unknown): undefined {
  const { code } = error as NodeJS.ErrnoException;
  if (code !== 'ENOENT' && code !== 'ENOTDIR') throw error;
  return undefined;
}
