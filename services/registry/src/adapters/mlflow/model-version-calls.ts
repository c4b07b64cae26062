import { Problem } from '@vinaigrette/problems';
import { z } from 'zod';
import { checkTags, checkText, tagLengthMax } from '../../domain/mlflow/limits.js';
import type { Searchable } from '../../domain/mlflow/search-filter.js';
import { readStage } from '../../domain/mlflow/stages.js';
import type { MoveRegisteredAlias } from '../../move-registered-alias.js';
import type { PublishVersion } from '../../publish-version.js';
import type { RegisterLoggedVersion } from '../../register-logged-version.js';
import type { RegisteredModels, RegisteredVersion } from '../../registered-models.js';
import { call, flag, optionalText, pageSize, pairs, text, whole, type Call } from './call.js';
import { registeredVersionMessage, textsOf } from './messages.js';
import { ACTOR } from './registered-model-calls.js';
import { search, searched, searchFields } from './search-calls.js';

const searchable: Searchable = {
  entities: ['attribute', 'tag'],
  attributes: {
    name: 'text',
    version_number: 'number',
    run_id: 'text',
    source_path: 'text',
    creation_timestamp: 'number',
    timestamp: 'number',
    last_updated_timestamp: 'number',
  },
};
const DESCRIPTION_LENGTH_MAX = 2_000;
const version = { name: text, version: whole };

export function modelVersionCalls(
  models: RegisteredModels,
  register: RegisterLoggedVersion,
  publish: PublishVersion,
  aliases: MoveRegisteredAlias,
  clock: () => number,
): Call[] {
  const found = async (of: { name: string; version: number }): Promise<RegisteredVersion> => {
    const one = await models.findVersion(of.name, of.version);
    if (one) return one;
    throw new Problem('VERSION_NOT_FOUND', `Model Version (name=${of.name}, version=${of.version}) not found`, {
      field: 'version',
    });
  };
  const answer = async (of: { name: string; version: number }) => ({
    model_version: registeredVersionMessage(await found(of)),
  });
  return [
    call(
      'POST /mlflow/model-versions/create',
      z.object({
        name: text,
        source: text,
        run_id: optionalText,
        run_link: optionalText,
        model_id: optionalText,
        description: optionalText,
        tags: pairs.default([]),
      }),
      async ({ name, source, run_id: runId, run_link: runLink, model_id: modelId, description, tags }) => {
        checkTags(tags, tagLengthMax.registered);
        checkText(description, 'description', DESCRIPTION_LENGTH_MAX);
        for (const [field, value] of Object.entries({ source, runId, runLink, modelId }))
          checkText(value, field, 2_000);
        const told = { name, source, runId, runLink, modelId, description, userId: '', tags: textsOf(tags) };
        return { model_version: registeredVersionMessage(await register.register(told, ACTOR, clock())) };
      },
    ),
    call('GET /mlflow/model-versions/get', z.object(version), answer),
    call(
      'PATCH /mlflow/model-versions/update',
      z.object({ ...version, description: z.string().optional() }),
      async (request) => {
        const { name, version, description } = request;
        if (description !== undefined) checkText(description, 'description', DESCRIPTION_LENGTH_MAX);
        await models.changeVersion(name, version, description === undefined ? {} : { description }, clock());
        return answer(request);
      },
    ),
    call('DELETE /mlflow/model-versions/delete', z.object(version), ({ name, version }) =>
      models.removeVersion(name, version, clock()),
    ),
    call(
      'GET /mlflow/model-versions/search',
      z.object({ ...searchFields, max_results: pageSize(10_000, 200_000) }),
      async (request) => {
        const wanted = search(request, searchable);
        const { rows, token } = searched(await models.searchVersions(wanted), wanted);
        return { model_versions: rows.map(registeredVersionMessage), ...token };
      },
    ),
    call('GET /mlflow/model-versions/get-download-uri', z.object(version), async (request) => ({
      artifact_uri: await publish.uriOf(await found(request)),
    })),
    call(
      'POST /mlflow/model-versions/transition-stage',
      z.object({ ...version, stage: text, archive_existing_versions: flag.default(false) }),
      async (request) => {
        const by = { actor: ACTOR, atMs: clock() };
        await aliases.moveStage(request, readStage(request.stage), request.archive_existing_versions, by);
        return answer(request);
      },
    ),
    call(
      'POST /mlflow/model-versions/set-tag',
      z.object({ ...version, key: text, value: optionalText }),
      ({ name, version, key, value }) => {
        checkTags([{ key, value }], tagLengthMax.registered);
        return models.changeVersion(name, version, { tag: { key, value } }, clock());
      },
    ),
    call('DELETE /mlflow/model-versions/delete-tag', z.object({ ...version, key: text }), ({ name, version, key }) =>
      models.changeVersion(name, version, { tag: { key, value: undefined } }, clock()),
    ),
  ];
}
