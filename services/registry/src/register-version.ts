import { create } from '@bufbuild/protobuf';
import {
  VersionFileSchema,
  type ModelVersion,
  type VersionComparison,
  type VersionFile,
} from '@vinaigrette/contracts/registry';
import type { Lineage } from '@vinaigrette/lineage';
import { Problem } from '@vinaigrette/problems';
import { loggedSchema, schemaIdOf } from '@vinaigrette/signature';
import type { Artifacts } from './artifacts.js';
import { compareVersions } from './domain/compare-versions.js';
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
  /** Where it comes from, when the files do not say. */
  lineage?: Lineage | undefined;
}

export interface Registered {
  modelVersion: ModelVersion;
  /** false: these files had a number already. */
  created: boolean;
  /** With the version that holds champion; undefined: nobody does. */
  comparison?: VersionComparison;
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

  async register(registration: Registration): Promise<Registered> {
    const { model, actor, description } = registration;
    checkName(model, 'model');
    checkActor(actor, 'actor');
    checkDescription(description, 'description');
    checkFiles(registration.files);
    const digest = filesDigest(registration.files);
    const same = await this.versions.withFiles(model, digest);
    if (same) return this.told({ modelVersion: same, created: false });

    const files = await this.present(registration.files);
    const { signature, hasBaseline, lineage = registration.lineage } = await this.inspectOnce(digest, files);
    const draft = {
      model,
      files,
      signatureJson: JSON.stringify(signature),
      schemaId: schemaIdOf(loggedSchema(signature)),
      createdBy: actor,
      description,
      hasBaseline,
      lineage,
    };
    return this.told(await this.versions.add(draft, digest, decideNumber, () => this.present(files)));
  }

  /** With what becomes of those who call the version in force. */
  private async told(registered: { modelVersion: ModelVersion; created: boolean }): Promise<Registered> {
    const { modelVersion } = registered;
    const inForce = await this.versions.find(modelVersion.model, { alias: 'champion' });
    return inForce ? { ...registered, comparison: compareVersions(inForce, modelVersion) } : registered;
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
