import { createHash } from 'node:crypto';
import type { ArtifactTrees, StoredEntry } from './artifact-trees.js';
import type { Artifacts } from './artifacts.js';
import { modelPath, uriOf } from './domain/mlflow/artifact-path.js';
import { describeVersion } from './domain/mlflow/describe-version.js';
import { DESCRIPTION_FILE } from './domain/mlflow/plan-version.js';
import type { ModelVersions } from './model-versions.js';
import type { RegisteredVersion } from './registered-models.js';

/** Puts a version's files where MLflow's clients list and read them: names that nobody can change. */
export class PublishVersion {
  constructor(
    private readonly versions: ModelVersions,
    private readonly trees: ArtifactTrees,
    private readonly artifacts: Artifacts,
  ) {}

  /** The files as they were logged. What was published before stays. */
  async publish(version: { name: string; version: number }, files: readonly StoredEntry[]): Promise<void> {
    await this.trees.freeze(folderOf(version), files);
  }

  /** Where the files are; those of a version that was registered without MLflow are put there first. */
  async uriOf(version: RegisteredVersion): Promise<string> {
    const folder = folderOf(version);
    if ((await this.trees.below(folder)).length > 0) return uriOf(folder);
    const registered = await this.versions.find(version.name, { version: version.version });
    if (!registered) return version.source;
    const description = Buffer.from(describeVersion(version.name, version.version, Number(registered.createdAtMs)));
    const { sha256, sizeBytes } = await this.artifacts.keep(once(description));
    const files = registered.files.map((file) => ({ ...file, sizeBytes: Number(file.sizeBytes) }));
    await this.publish(version, [...files, { path: DESCRIPTION_FILE, sha256, sizeBytes: Number(sizeBytes) }]);
    return uriOf(folder);
  }
}

export const modelFolderOf = (name: string): string =>
  modelPath(name, (text) => createHash('sha256').update(text).digest('hex'));

export const folderOf = ({ name, version }: { name: string; version: number }): string =>
  `${modelFolderOf(name)}/${version}`;

async function* once(bytes: Uint8Array): AsyncIterable<Uint8Array> {
  yield bytes;
}
