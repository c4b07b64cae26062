import { Problem, type ProblemCode } from '@vinaigrette/problems';
import type { ArtifactTrees, StoredEntry } from './artifact-trees.js';
import { loggedModelPath, pathOfUri } from './domain/mlflow/artifact-path.js';
import { lineageOfRun } from './domain/lineage-of-run.js';
import {
  DESCRIPTION_FILE,
  planVersion,
  type LoggedDescription,
  type VersionPlan,
} from './domain/mlflow/plan-version.js';
import type { NamedFile } from './domain/version-files.js';
import { folderOf, type PublishVersion } from './publish-version.js';
import type { RegisterVersion, Registration } from './register-version.js';
import type { RegisteredModels, RegisteredVersion, VersionTold } from './registered-models.js';
import type { LoggedModel, LoggedModels, Runs } from './tracking.js';

/** Reads an MLmodel file; undefined when it is none. */
export abstract class Descriptions {
  abstract read(sha256: string): Promise<LoggedDescription | undefined>;
}

/** Makes one file of a graph and the weights it keeps in files beside it. Throws MODEL_INVALID when it cannot. */
export abstract class Weights {
  abstract inline(files: readonly NamedFile[]): Promise<NamedFile[]>;
}

/** A graph that cannot be served is stored all the same; one that answers otherwise than it promised is refused. */
const STORED_NEVERTHELESS: readonly ProblemCode[] = ['MODEL_INVALID', 'SIGNATURE_MISMATCH'];

/**
 * Makes a version of what was logged. An ONNX model becomes a version of the registry itself, checked as every other;
 * anything else is kept under the next number, and says why it is not served and what would help.
 */
export class RegisterLoggedVersion {
  constructor(
    private readonly models: RegisteredModels,
    private readonly loggedModels: LoggedModels,
    private readonly runs: Runs,
    private readonly trees: ArtifactTrees,
    private readonly descriptions: Descriptions,
    private readonly weights: Weights,
    private readonly registerVersion: RegisterVersion,
    private readonly publishVersion: PublishVersion,
  ) {}

  async register(told: Omit<VersionTold, 'statusMessage'>, actor: string, atMs: number): Promise<RegisteredVersion> {
    const { name } = told;
    if (!(await this.models.has(name)))
      throw new Problem('MODEL_NOT_FOUND', `There is no model ${name}`, { field: 'name' });
    const origin = await this.origin(told.source);
    const logged = origin.folder === undefined ? undefined : await this.filesOf(origin.folder);
    const origins = lineageOf(told, origin.model);
    const run = origins.runId === '' ? undefined : await this.runs.find(origins.runId);
    const made = await this.make({ ...told, actor, lineage: run && lineageOfRun(run) }, logged);
    const added = await this.models.addVersion(
      {
        ...told,
        ...origins,
        statusMessage: 'remedy' in made ? `Not served: ${made.why}. ${made.remedy}` : '',
      },
      'version' in made ? made.version : undefined,
      atMs,
    );
    if (logged) await this.publishVersion.publish(added, logged);
    return added;
  }

  private async make(
    {
      name,
      description,
      actor,
      lineage,
    }: Pick<VersionTold, 'name' | 'description'> & Pick<Registration, 'actor' | 'lineage'>,
    logged: readonly StoredEntry[] | undefined,
  ): Promise<{ version: number } | Extract<VersionPlan, { servable: false }>> {
    const plan = await this.plan(name, logged);
    if (!plan.servable) return plan;
    try {
      const files = await this.weights.inline(plan.files);
      const { modelVersion } = await this.registerVersion.register({
        model: name,
        files,
        actor,
        description,
        lineage,
      });
      return { version: modelVersion.version };
    } catch (error) {
      if (!(error instanceof Problem) || !STORED_NEVERTHELESS.includes(error.code)) throw error;
      return { servable: false, why: error.message, remedy: error.remedy };
    }
  }

  private async plan(name: string, logged: readonly StoredEntry[] | undefined): Promise<VersionPlan> {
    if (!logged) {
      const why = 'its files are in a store that is not ours';
      return { servable: false, why, remedy: 'Log the model to an experiment without an artefact location of its own' };
    }
    const described = logged.find(({ path }) => path === DESCRIPTION_FILE);
    const files = logged.map(({ path, sha256 }) => ({ path, sha256, sizeBytes: 0n }));
    return planVersion(name, files, described && (await this.descriptions.read(described.sha256)));
  }

  /** The files of a folder, by their place within it. */
  private async filesOf(folder: string): Promise<StoredEntry[]> {
    const files = await this.trees.below(folder);
    return files.map((file) => ({ ...file, path: file.path.slice(folder.length + 1) }));
  }

  /** Where the source lies in our tree (undefined: it is not ours to read), and the logged model it is. */
  private async origin(source: string): Promise<{ folder: string | undefined; model?: LoggedModel }> {
    const [, id, name, number] = /^models:\/(?:(m-[\w-]+)|([^/@]+)\/(\d{1,9}))$/.exec(source) ?? [];
    if (id !== undefined) {
      const model = await this.loggedModels.find(id);
      if (!model) throw new Problem('LOGGED_MODEL_NOT_FOUND', `There is no logged model ${id}`, { field: 'source' });
      return { folder: model.experimentLocation === null ? loggedModelPath(model.experimentId, id) : undefined, model };
    }
    if (name === undefined) return { folder: pathOfUri(source) };
    const version = await this.models.findVersion(name, Number(number));
    if (!version)
      throw new Problem('VERSION_NOT_FOUND', `There is no version ${number} of ${name}`, { field: 'source' });
    return { folder: folderOf(version) };
  }
}

/** What the client did not say and the logged model knows. */
function lineageOf({ runId, modelId }: Pick<VersionTold, 'runId' | 'modelId'>, model: LoggedModel | undefined) {
  return { runId: runId || (model?.sourceRunId ?? ''), modelId: modelId || (model?.id ?? '') };
}
