import { Problem } from '@vinaigrette/problems';
import { z } from 'zod';
import { checkAlias, checkRegisteredName, checkTags, checkText, tagLengthMax } from '../../domain/mlflow/limits.js';
import type { Searchable } from '../../domain/mlflow/search-filter.js';
import { readStage, stageOf } from '../../domain/mlflow/stages.js';
import type { MoveRegisteredAlias } from '../../move-registered-alias.js';
import type { RegisteredModel, RegisteredModels } from '../../registered-models.js';
import { call, optionalText, pageSize, pairs, text, texts, whole, type Call } from './call.js';
import { registeredModelMessage, registeredVersionMessage } from './messages.js';
import { search, searched, searchFields } from './search-calls.js';

/** Who moved it, in the history of an alias: MLflow's client does not say. */
export const ACTOR = 'mlflow';

const searchable: Searchable = {
  entities: ['attribute', 'tag'],
  attributes: { name: 'text', creation_timestamp: 'number', timestamp: 'number', last_updated_timestamp: 'number' },
};
const named = z.object({ name: text });
const alias = { name: text, alias: text };

export function registeredModelCalls(
  models: RegisteredModels,
  aliases: MoveRegisteredAlias,
  clock: () => number,
): Call[] {
  const found = async (name: string): Promise<RegisteredModel> => {
    const one = await models.find(name);
    if (!one) throw new Problem('MODEL_NOT_FOUND', `Registered Model with name=${name} not found`, { field: 'name' });
    return one;
  };
  const answer = async (name: string) => ({ registered_model: registeredModelMessage(await found(name)) });
  return [
    call(
      'POST /mlflow/registered-models/create',
      z.object({ name: text, tags: pairs.default([]), description: optionalText }),
      async ({ name, tags, description }) => {
        checkRegisteredName(name);
        checkTags(tags, tagLengthMax.registered);
        checkText(description, 'description');
        await models.create(name, description, tags, clock());
        return answer(name);
      },
    ),
    call('GET /mlflow/registered-models/get', named, ({ name }) => answer(name)),
    call(
      'PATCH /mlflow/registered-models/update',
      z.object({ name: text, description: z.string().optional() }),
      async ({ name, description }) => {
        if (description !== undefined) checkText(description, 'description');
        await models.change(name, description === undefined ? {} : { description }, clock());
        return answer(name);
      },
    ),
    call(
      'POST /mlflow/registered-models/rename',
      z.object({ name: text, new_name: text }),
      async ({ name, new_name }) => {
        checkRegisteredName(new_name);
        await models.rename(name, new_name, clock());
        return answer(new_name);
      },
    ),
    call('DELETE /mlflow/registered-models/delete', named, ({ name }) => models.remove(name, clock())),
    call(
      'GET /mlflow/registered-models/search',
      z.object({ ...searchFields, max_results: pageSize(100, 1_000) }),
      async (request) => {
        const wanted = search(request, searchable);
        const { rows, token } = searched(await models.search(wanted), wanted);
        return { registered_models: rows.map(registeredModelMessage), ...token };
      },
    ),
    call(
      'GET|POST /mlflow/registered-models/get-latest-versions',
      z.object({ name: text, stages: texts.default([]) }),
      async ({ name, stages }) => {
        const wanted = stages.map(readStage);
        const { latest } = await found(name);
        const versions = latest.filter(
          (version) => wanted.length === 0 || wanted.includes(stageOf(version.aliases, version.archived)),
        );
        return { model_versions: versions.map(registeredVersionMessage) };
      },
    ),
    call(
      'POST /mlflow/registered-models/set-tag',
      z.object({ name: text, key: text, value: optionalText }),
      ({ name, key, value }) => {
        checkTags([{ key, value }], tagLengthMax.registered);
        return models.change(name, { tag: { key, value } }, clock());
      },
    ),
    call('DELETE /mlflow/registered-models/delete-tag', z.object({ name: text, key: text }), ({ name, key }) =>
      models.change(name, { tag: { key, value: undefined } }, clock()),
    ),
    call(
      'POST /mlflow/registered-models/alias',
      z.object({ ...alias, version: whole }),
      async ({ name, alias, version }) => {
        checkAlias(alias);
        await found(name);
        await aliases.move(name, alias, version, ACTOR);
      },
    ),
    call('DELETE /mlflow/registered-models/alias', z.object(alias), async ({ name, alias }) => {
      await found(name);
      await aliases.remove(name, alias, ACTOR);
    }),
    call('GET /mlflow/registered-models/alias', z.object(alias), async ({ name, alias }) => {
      const holder = await models.holder(name, alias);
      if (!holder) {
        await found(name);
        // The client knows an alias that nobody holds by this code.
        throw new Problem('BODY_INVALID', `Registered model alias ${alias} not found`, { field: 'alias' });
      }
      return { model_version: registeredVersionMessage(holder) };
    }),
  ];
}
