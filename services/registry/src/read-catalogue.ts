import type { AliasChange, Document, Model, ModelVersion, Rollout, Subject } from '@vinaigrette/contracts/registry';
import { Problem } from '@vinaigrette/problems';
import type { Aliases } from './aliases.js';
import type { Documents } from './documents.js';
import { checkName, versionChoice } from './domain/names.js';
import type { ModelVersions } from './model-versions.js';
import type { Rollouts } from './rollouts.js';

/** Answers what there is. */
export class ReadCatalogue {
  constructor(
    private readonly versions: ModelVersions,
    private readonly documents: Documents,
    private readonly aliases: Aliases,
    private readonly rolloutHistory: Rollouts,
  ) {}

  models(): Promise<Model[]> {
    return this.versions.models();
  }

  async model(name: string): Promise<Model> {
    checkName(name, 'model');
    const [model] = await this.versions.models(name);
    if (!model) throw new Problem('MODEL_NOT_FOUND', `There is no model ${name}`, { field: 'model' });
    return model;
  }

  /** `version`: a number or an alias. */
  async modelVersion(name: string, version: string): Promise<ModelVersion> {
    checkName(name, 'model');
    const found = await this.versions.find(name, versionChoice(version, 'version'));
    if (found) return found;
    await this.model(name);
    throw new Problem('VERSION_NOT_FOUND', `Model ${name} has no version ${version}`, { field: 'version' });
  }

  /** `version`: a number or an alias. */
  async document(kind: string, name: string, version: string): Promise<Document> {
    checkName(kind, 'kind');
    checkName(name, 'name');
    const found = await this.documents.find(kind, name, versionChoice(version, 'version'));
    if (found) return found;
    throw new Problem('DOCUMENT_NOT_FOUND', `There is no ${kind} ${name} of version ${version}`, { field: 'version' });
  }

  /** `kind` empty: every kind. */
  async documentsOf(kind: string): Promise<Document[]> {
    if (kind !== '') checkName(kind, 'kind');
    return this.documents.list(kind === '' ? undefined : kind);
  }

  async aliasChanges(kind: string, name: string): Promise<AliasChange[]> {
    checkName(kind, 'subject.kind');
    checkName(name, 'subject.name');
    return this.aliases.changes(kind, name);
  }

  /** Newest first. `subject` undefined: of everything; `active`: only those running or paused. */
  async rollouts(subject: Subject | undefined, active: boolean): Promise<Rollout[]> {
    if (subject) {
      checkName(subject.kind, 'subject.kind');
      checkName(subject.name, 'subject.name');
    }
    return this.rolloutHistory.list({ subject, active });
  }
}
