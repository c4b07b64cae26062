import { create } from '@bufbuild/protobuf';
import { VersionFileSchema, type ModelVersion, type VersionFile } from '@vinaigrette/contracts/registry';
import { Problem } from '@vinaigrette/problems';
import { loggedSchema, schemaIdOf } from '@vinaigrette/signature';
import type { Artifacts } from './artifacts.js';
import { decideNumber } from './domain/decide-number.js';
import { checkActor, checkDescription, checkName } from './domain/names.js';
import { checkFiles, filesDigest, type NamedFile } from './domain/version-files.js';
import type { Inspection, Inspector } from './inspector.js';
import type { ModelVersions } from './model-versions.js';

export interface Registration {
  model: string;
  files: NamedFile[];
  actor: string;
  description: string;
}

/**
 * Gives uploaded files the model's next number, once they have proved to be a model that answers as it was trained to.
 * The same files registered again answer with the number they have, whatever actor and description say.
 */
export class RegisterVersion {
  /** By digest of the files: who retries while the first call is still at it waits for the same verdict. */
  private readonly inspections = new Map<string, Promise<Inspection>>();

  constructor(
    private readonly artifacts: Artifacts,
    private readonly inspector: Inspector,
    private readonly versions: ModelVersions,
  ) {}

  async register(registration: Registration): Promise<{ modelVersion: ModelVersion; created: boolean }> {
    const { model, actor, description } = registration;
    checkName(model, 'model');
    checkActor(actor, 'actor');
    checkDescription(description, 'description');
    checkFiles(registration.files);
    const digest = filesDigest(registration.files);
    const same = await this.versions.withFiles(model, digest);
    if (same) return { modelVersion: same, created: false };

    const files = await this.present(registration.files);
    const { signature, hasBaseline } = await this.inspectOnce(digest, files);
    const draft = {
      model,
      files,
      signatureJson: JSON.stringify(signature),
      schemaId: schemaIdOf(loggedSchema(signature)),
      createdBy: actor,
      description,
      hasBaseline,
    };
    return this.versions.add(draft, digest, decideNumber);
  }

  /** The files with their true sizes. Throws ARTIFACT_NOT_FOUND naming the one that was never uploaded. */
  private async present(files: readonly NamedFile[]): Promise<VersionFile[]> {
    const sizes = await Promise.all(files.map(({ sha256 }) => this.artifacts.sizeOf(sha256)));
    return files.map(({ path, sha256, sizeBytes: declared }, index) => {
      const sizeBytes = sizes[index];
      if (sizeBytes === undefined) {
        throw new Problem('ARTIFACT_NOT_FOUND', `${path} is not here: no artefact has SHA-256 ${sha256}`, {
          field: `files[${index}].sha256`,
        });
      }
      if (declared !== 0n && declared !== sizeBytes) {
        throw new Problem('BODY_INVALID', `${path} has ${sizeBytes} bytes, not ${declared}`, {
          field: `files[${index}].sizeBytes`,
        });
      }
      return create(VersionFileSchema, { path, sha256, sizeBytes });
    });
  }

  private inspectOnce(digest: string, files: readonly VersionFile[]): Promise<Inspection> {
    const begun = this.inspections.get(digest);
    if (begun) return begun;
    const inspection = this.inspect(files).finally(() => this.inspections.delete(digest));
    this.inspections.set(digest, inspection);
    return inspection;
  }

  private async inspect(files: readonly VersionFile[]): Promise<Inspection> {
    const folder = await this.artifacts.layOut(files);
    try {
      return await this.inspector.inspect(folder.path);
    } finally {
      await folder.remove();
    }
  }
}
