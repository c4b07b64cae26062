import { randomUUID } from 'node:crypto';
import { Problem } from '@vinaigrette/problems';
import { z } from 'zod';
import type { ArtifactTrees } from '../../artifact-trees.js';
import { checkKey, checkParams, checkTags, checkText, tagLengthMax } from '../../domain/mlflow/limits.js';
import { readKey, type Searchable } from '../../domain/mlflow/search-filter.js';
import type { LoggedModel, LoggedModels } from '../../tracking.js';
import { listed } from './artifact-listing.js';
import { call, optionalText, pageSize, pairs, text, type Call } from './call.js';
import { artifactUriOfModel, loggedModelMessage, textsOf } from './messages.js';
import { search, searched } from './search-calls.js';

const searchable: Searchable = {
  entities: ['attribute', 'metric', 'param', 'tag'],
  attributes: {
    name: 'text',
    model_id: 'text',
    model_type: 'text',
    status: 'text',
    source_run_id: 'text',
    experiment_id: 'text',
    creation_timestamp: 'number',
    creation_time: 'number',
    last_updated_timestamp: 'number',
    last_updated_time: 'number',
  },
};
const model = z.object({ model_id: text });

export function loggedModelCalls(models: LoggedModels, trees: ArtifactTrees, clock: () => number): Call[] {
  const found = async (id: string): Promise<LoggedModel> => {
    const one = await models.find(id);
    if (!one) throw new Problem('LOGGED_MODEL_NOT_FOUND', `There is no logged model ${id}`, { field: 'model_id' });
    return one;
  };
  const answer = async (id: string) => ({ model: loggedModelMessage(await found(id)) });
  return [
    call(
      'POST /mlflow/logged-models',
      z.object({
        experiment_id: z.string().default('0'),
        name: optionalText,
        model_type: optionalText,
        source_run_id: optionalText,
        params: pairs.default([]),
        tags: pairs.default([]),
      }),
      async ({ experiment_id, name: given, model_type, source_run_id, params, tags }) => {
        const id = `m-${randomUUID().replaceAll('-', '')}`;
        const name = given || `model-${id.slice(2, 10)}`;
        if (/[/:%"']/.test(name)) {
          throw new Problem('BODY_INVALID', `${JSON.stringify(name)} holds one of / : % " '`, { field: 'name' });
        }
        for (const [field, value] of Object.entries({ name, model_type, source_run_id })) checkText(value, field, 500);
        checkTags(tags, tagLengthMax.loggedModel);
        const draft = { id, experimentId: experiment_id, name, modelType: model_type, sourceRunId: source_run_id };
        await models.create({ ...draft, params: textsOf(checkParams(params)), tags: textsOf(tags) }, clock());
        return answer(id);
      },
    ),
    call('GET /mlflow/logged-models/:model_id', model, ({ model_id }) => answer(model_id)),
    call(
      'PATCH /mlflow/logged-models/:model_id',
      z.object({ model_id: text, status: z.enum(['LOGGED_MODEL_READY', 'LOGGED_MODEL_UPLOAD_FAILED']) }),
      async ({ model_id, status }) => {
        await models.change(model_id, { status }, clock());
        return answer(model_id);
      },
    ),
    call('DELETE /mlflow/logged-models/:model_id', model, ({ model_id }) => models.remove(model_id, clock())),
    call(
      'PATCH /mlflow/logged-models/:model_id/tags',
      z.object({ model_id: text, tags: pairs.default([]) }),
      async ({ model_id, tags }) => {
        checkTags(tags, tagLengthMax.loggedModel);
        await models.change(model_id, { tags }, clock());
        return answer(model_id);
      },
    ),
    call(
      'DELETE /mlflow/logged-models/:model_id/tags/:tag_key',
      z.object({ model_id: text, tag_key: text }),
      ({ model_id, tag_key }) => {
        checkKey(tag_key, 'tag_key');
        return models.change(model_id, { withoutTag: tag_key }, clock());
      },
    ),
    call(
      'POST /mlflow/logged-models/:model_id/params',
      z.object({ model_id: text, params: pairs.default([]) }),
      ({ model_id, params }) => models.change(model_id, { params: checkParams(params) }, clock()),
    ),
    call(
      'POST /mlflow/logged-models/search',
      z.object({
        experiment_ids: z.array(text).default([]),
        filter: optionalText,
        max_results: pageSize(100, 1_000),
        page_token: optionalText,
        order_by: z.array(z.object({ field_name: text, ascending: z.boolean().default(true) })).default([]),
      }),
      async (request) => {
        const order = request.order_by.map(({ field_name, ascending }) => ({
          ...readKey(field_name, searchable),
          ascending,
        }));
        const wanted = { ...search({ ...request, order_by: [] }, searchable), order };
        const { rows, token } = searched(await models.search(request.experiment_ids, wanted), wanted);
        return { models: rows.map(loggedModelMessage), ...token };
      },
    ),
    call(
      'GET /mlflow/logged-models/:model_id/artifacts/directories',
      z.object({ model_id: text, artifact_directory_path: optionalText }),
      async ({ model_id, artifact_directory_path }) =>
        listed(trees, artifactUriOfModel(await found(model_id)), artifact_directory_path),
    ),
  ];
}
