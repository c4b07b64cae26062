import type {
  AliasChange,
  Document,
  Model,
  ModelVersion,
  Rollout,
  Subject,
  WantedState,
} from '@vinaigrette/contracts/registry';
import { Problem } from '@vinaigrette/problems';
import type { Aliases } from './aliases.js';
import type { Documents } from './documents.js';
import { findWantedDocument, findWantedVersion } from './domain/find-wanted.js';
import { checkName, versionChoice } from './domain/names.js';
import type { ModelVersions } from './model-versions.js';
import type { Rollouts } from './rollouts.js';

/**
 * Answers what there is. Without the database it answers what watchers were told last, of which numbers never change and
 * aliases are where they were then; what nobody watches is UPSTREAM_UNAVAILABLE.
 */
export class ReadCatalogue {
  constructor(
    private readonly versions: ModelVersions,
    private readonly documents: Documents,
    private readonly aliases: Aliases,
    private readonly rolloutHistory: Rollouts,
    private readonly lastTold: () => WantedState | undefined,
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
    const choice = versionChoice(version, 'version');
    const found = await this.versions
      .find(name, choice)
      .catch(otherwise(() => findWantedVersion(this.lastTold(), name, choice)));
    if (found) return found;
    await this.model(name);
    throw new Problem('VERSION_NOT_FOUND', `Model ${name} has no version ${version}`, { field: 'version' });
  }

  /** `version`: a number or an alias. */
  async document(kind: string, name: string, version: string): Promise<Document> {
    checkName(kind, 'kind');
    checkName(name, 'name');
    const choice = versionChoice(version, 'version');
    const found = await this.documents
      .find(kind, name, choice)
      .catch(otherwise(() => findWantedDocument(this.lastTold(), { kind, name }, choice)));
    if (found) return found;
    throw new Problem('DOCUMENT_NOT_FOUND', `There is no ${kind} ${name}@${version}`, { field: 'version' });
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

/** For `.catch`: what is known without the database, where it does not answer; the failure where that is nothing. */
const otherwise =
  <Known>(known: () => Known | undefined) =>
  (error: unknown): Known => {
    const unavailable = error instanceof Problem && error.code === 'UPSTREAM_UNAVAILABLE';
    const found = unavailable ? known() : undefined;
    if (found === undefined) throw error;
    return found;
  };
