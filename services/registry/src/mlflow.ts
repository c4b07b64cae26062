import type { Logger } from '@vinaigrette/edge';
import type { FastifyPluginAsync } from 'fastify';
import { mlflowRoutes } from './adapters/mlflow/mlflow-routes.js';
import { InlineWeights } from './adapters/onnx/inline-weights.js';
import { YamlDescriptions } from './adapters/mlmodel/yaml-descriptions.js';
import type { Database } from './adapters/postgres/database.js';
import { PostgresArtifactTrees } from './adapters/postgres/mlflow/postgres-artifact-trees.js';
import { PostgresExperiments } from './adapters/postgres/mlflow/postgres-experiments.js';
import { PostgresLoggedModels } from './adapters/postgres/mlflow/postgres-logged-models.js';
import { PostgresRegisteredModels } from './adapters/postgres/mlflow/postgres-registered-models.js';
import { PostgresRuns } from './adapters/postgres/mlflow/postgres-runs.js';
import type { Artifacts } from './artifacts.js';
import { MoveRegisteredAlias } from './move-registered-alias.js';
import type { ModelVersions } from './model-versions.js';
import { PublishVersion } from './publish-version.js';
import { RegisterLoggedVersion } from './register-logged-version.js';
import type { RegisterVersion } from './register-version.js';
import type { SetAlias } from './set-alias.js';

export interface RegistryParts {
  database: Database;
  artifacts: Artifacts;
  versions: ModelVersions;
  registerVersion: RegisterVersion;
  setAlias: SetAlias;
}

/** Where the ports that only MLflow's clients need meet their adapters. */
export function mlflow(parts: RegistryParts, logger: Logger): FastifyPluginAsync {
  const { database, artifacts, versions, registerVersion, setAlias } = parts;
  const runs = new PostgresRuns(database);
  const registeredModels = new PostgresRegisteredModels(database);
  const loggedModels = new PostgresLoggedModels(database);
  const trees = new PostgresArtifactTrees(database);
  const descriptions = new YamlDescriptions(artifacts);
  const publishVersion = new PublishVersion(versions, trees, artifacts);
  return mlflowRoutes({
    experiments: new PostgresExperiments(database),
    runs,
    loggedModels,
    registeredModels,
    trees,
    artifacts,
    registerLoggedVersion: new RegisterLoggedVersion(
      registeredModels,
      loggedModels,
      runs,
      trees,
      descriptions,
      new InlineWeights(artifacts),
      registerVersion,
      publishVersion,
    ),
    publishVersion,
    moveRegisteredAlias: new MoveRegisteredAlias(registeredModels, setAlias),
    clock: Date.now,
    logger,
  });
}
