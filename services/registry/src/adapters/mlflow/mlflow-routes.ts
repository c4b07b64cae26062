import type { Logger } from '@vinaigrette/edge';
import type { FastifyInstance, FastifyPluginAsync } from 'fastify';
import type { ArtifactTrees } from '../../artifact-trees.js';
import type { Artifacts } from '../../artifacts.js';
import type { MoveRegisteredAlias } from '../../move-registered-alias.js';
import type { PublishVersion } from '../../publish-version.js';
import type { RegisterLoggedVersion } from '../../register-logged-version.js';
import type { RegisteredModels } from '../../registered-models.js';
import type { Experiments, LoggedModels, Runs } from '../../tracking.js';
import { addArtifactRoutes } from './artifact-routes.js';
import { addCalls } from './call.js';
import { answerError, noSuchCall } from './error-answers.js';
import { experimentCalls } from './experiment-calls.js';
import { loggedModelCalls } from './logged-model-calls.js';
import { modelVersionCalls } from './model-version-calls.js';
import { registeredModelCalls } from './registered-model-calls.js';
import { runCalls } from './run-calls.js';

/** The version of MLflow whose clients these routes are tried with. */
const MLFLOW_VERSION = '3.17.2';
/** A batch of 1,000 metrics is 150 kB; a data set's profile may have megabytes. */
const BODY_BYTES_MAX = 24 * 1024 * 1024;
const PREFIXES = ['/api/2.0', '/ajax-api/2.0'];

export interface MlflowParts {
  experiments: Experiments;
  runs: Runs;
  loggedModels: LoggedModels;
  registeredModels: RegisteredModels;
  trees: ArtifactTrees;
  artifacts: Artifacts;
  registerLoggedVersion: RegisterLoggedVersion;
  publishVersion: PublishVersion;
  moveRegisteredAlias: MoveRegisteredAlias;
  clock: () => number;
  logger: Logger;
}

/** MLflow's REST API, as its unmodified Python client calls it. What is not answered is ENDPOINT_NOT_FOUND. */
export function mlflowRoutes(parts: MlflowParts): FastifyPluginAsync {
  const { experiments, runs, loggedModels, registeredModels, trees, artifacts, clock, logger } = parts;
  const { registerLoggedVersion, publishVersion, moveRegisteredAlias } = parts;
  const calls = [
    ...experimentCalls(experiments, clock),
    ...runCalls(runs, trees, clock),
    ...loggedModelCalls(loggedModels, trees, clock),
    ...registeredModelCalls(registeredModels, moveRegisteredAlias, clock),
    ...modelVersionCalls(registeredModels, registerLoggedVersion, publishVersion, moveRegisteredAlias, clock),
  ];
  return async (root) => {
    const answering = (server: FastifyInstance): void => {
      server.setErrorHandler((error, request, reply) => answerError(error, request, reply, logger));
    };
    for (const prefix of PREFIXES) {
      await root.register(
        async (server) => {
          answering(server);
          server.setNotFoundHandler((request, reply) => answerError(noSuchCall(request), request, reply, logger));
          readJson(server);
          addCalls(server, calls);
          await server.register(async (store) => addArtifactRoutes(store, trees, artifacts));
        },
        { prefix },
      );
    }
    root.get('/api/3.0/mlflow/server-info', () => ({
      store_type: 'SqlStore',
      workspaces_enabled: false,
      trace_archival_enabled: false,
      multipart_uploads_enabled: false, // one PUT streams any size
      multipart_downloads_enabled: false,
    }));
    root.get('/version', (_request, reply) => reply.type('text/plain').send(MLFLOW_VERSION));
    root.get('/health', (_request, reply) => reply.type('text/plain').send('OK'));
  };
}

/** JSON of any content type; DELETE has a body too, and an empty one is an empty request. */
function readJson(server: FastifyInstance): void {
  server.removeAllContentTypeParsers();
  server.addContentTypeParser('*', { parseAs: 'string', bodyLimit: BODY_BYTES_MAX }, (_request, body, done) => {
    try {
      const json: unknown = body === '' ? {} : JSON.parse(String(body));
      done(null, json);
    } catch (cause) {
      done(Object.assign(new Error('The body is not JSON', { cause }), { statusCode: 400 }));
    }
  });
}
