import { Readable } from 'node:stream';
import { Problem } from '@vinaigrette/problems';
import type { FastifyInstance } from 'fastify';
import type { ArtifactTrees } from '../../artifact-trees.js';
import type { Artifacts } from '../../artifacts.js';
import { checkArtifactPath, checkWritable, listFolder } from '../../domain/mlflow/artifact-path.js';

const URL = '/mlflow-artifacts/artifacts';

/** The artefact store as MLflow's clients see it. Bytes stream through, whatever their number. */
export function addArtifactRoutes(server: FastifyInstance, trees: ArtifactTrees, artifacts: Artifacts): void {
  server.removeAllContentTypeParsers();
  server.addContentTypeParser('*', (_request, payload, done) => done(null, payload));

  const pathOf = (params: unknown): string => {
    const path = (params as { '*': string })['*'];
    checkArtifactPath(path);
    return path;
  };

  server.get(URL, async ({ query }) => {
    const folder = String((query as { path?: unknown }).path ?? '').replace(/\/+$/, '');
    if (folder !== '') checkArtifactPath(folder);
    const entries = listFolder(folder, await trees.below(folder));
    const files = entries.map(({ name, isFolder, sizeBytes }) => ({
      path: name,
      is_dir: isFolder,
      ...(sizeBytes === undefined ? {} : { file_size: sizeBytes }),
    }));
    return { files };
  });

  server.get(`${URL}/*`, async ({ params }, reply) => {
    const path = pathOf(params);
    const entry = await trees.find(path);
    if (!entry) throw new Problem('ARTIFACT_NOT_FOUND', `There is no artefact ${path}`, { field: 'path' });
    // Never shown by a browser: what is logged here may be anybody's HTML.
    void reply
      .type('application/octet-stream')
      .header('content-length', entry.sizeBytes)
      .header('content-disposition', 'attachment')
      .header('x-content-type-options', 'nosniff');
    return reply.send(Readable.from(artifacts.read(entry.sha256)));
  });

  server.put(`${URL}/*`, async ({ params, body }) => {
    const path = pathOf(params);
    checkWritable(path);
    const { sha256, sizeBytes } = await artifacts.keep((body as Readable | null) ?? Readable.from([]));
    await trees.put({ path, sha256, sizeBytes: Number(sizeBytes) }, async () => {
      if ((await artifacts.find(sha256)) === undefined) {
        throw new Problem('ARTIFACT_NOT_FOUND', `${path} was collected while it came: send it again`, {
          field: 'path',
        });
      }
    });
    return {};
  });

  server.delete(`${URL}/*`, async ({ params }) => {
    const path = pathOf(params);
    checkWritable(path);
    await trees.remove(path);
    return {};
  });
}
