import { Problem } from '@vinaigrette/problems';
import { z } from 'zod';
import { checkExperimentName, checkTags, checkText, tagLengthMax } from '../../domain/mlflow/limits.js';
import type { Searchable } from '../../domain/mlflow/search-filter.js';
import type { Experiment, Experiments } from '../../tracking.js';
import { call, optionalText, pageSize, pairs, text, type Call } from './call.js';
import { experimentMessage, textsOf } from './messages.js';
import { lifecyclesOf, search, searchFields, searched, viewType } from './search-calls.js';

const searchable: Searchable = {
  entities: ['attribute', 'tag'],
  attributes: { name: 'text', experiment_id: 'text', creation_time: 'number', last_update_time: 'number' },
};
const NEWEST = [{ entity: 'attribute', key: 'creation_time', ascending: false }] as const;

export function experimentCalls(experiments: Experiments, clock: () => number): Call[] {
  const found = async (by: { id: string } | { name: string }): Promise<Experiment> => {
    const experiment = await experiments.find(by);
    if (experiment) return experiment;
    const shown = 'id' in by ? by.id : by.name;
    throw new Problem('EXPERIMENT_NOT_FOUND', `There is no experiment ${shown}`, { field: 'experiment_id' });
  };
  const id = z.object({ experiment_id: text });
  return [
    call(
      'POST /mlflow/experiments/create',
      z.object({ name: text, artifact_location: optionalText, tags: pairs.default([]) }),
      async ({ name, artifact_location, tags }) => {
        checkExperimentName(name);
        checkTags(tags, tagLengthMax.experiment);
        checkText(artifact_location, 'artifact_location', 2_000);
        const artifactLocation = artifact_location === '' ? null : artifact_location.replace(/\/+$/, '');
        return { experiment_id: await experiments.create({ name, artifactLocation, tags: textsOf(tags) }, clock()) };
      },
    ),
    call('GET /mlflow/experiments/get', id, async ({ experiment_id }) => ({
      experiment: experimentMessage(await found({ id: experiment_id })),
    })),
    call('GET /mlflow/experiments/get-by-name', z.object({ experiment_name: text }), async ({ experiment_name }) => ({
      experiment: experimentMessage(await found({ name: experiment_name })),
    })),
    call('POST /mlflow/experiments/delete', id, ({ experiment_id }) =>
      experiments.change(experiment_id, { lifecycle: 'deleted' }, clock()),
    ),
    call('POST /mlflow/experiments/restore', id, ({ experiment_id }) =>
      experiments.change(experiment_id, { lifecycle: 'active' }, clock()),
    ),
    call(
      'POST /mlflow/experiments/update',
      z.object({ experiment_id: text, new_name: text }),
      ({ experiment_id, new_name }) => {
        checkExperimentName(new_name);
        return experiments.change(experiment_id, { name: new_name }, clock());
      },
    ),
    call(
      'POST /mlflow/experiments/set-experiment-tag',
      z.object({ experiment_id: text, key: text, value: text }),
      ({ experiment_id, key, value }) => {
        checkTags([{ key, value }], tagLengthMax.experiment);
        return experiments.setTag(experiment_id, key, value, clock());
      },
    ),
    call(
      'POST /mlflow/experiments/delete-experiment-tag',
      z.object({ experiment_id: text, key: text }),
      async ({ experiment_id, key }) => {
        const { tags } = await found({ id: experiment_id });
        if (!(key in tags)) throw new Problem('TAG_NOT_FOUND', `The experiment has no tag ${key}`, { field: 'key' });
        await experiments.setTag(experiment_id, key, undefined, clock());
      },
    ),
    call(
      'GET|POST /mlflow/experiments/search',
      z.object({ ...searchFields, max_results: pageSize(1_000, 50_000), view_type: viewType }),
      async (request) => {
        const wanted = search(request, searchable, lifecyclesOf(request.view_type));
        const order = wanted.order.length > 0 ? wanted.order : NEWEST;
        const { rows, token } = searched(await experiments.search({ ...wanted, order }), wanted);
        return { experiments: rows.map(experimentMessage), ...token };
      },
    ),
  ];
}
