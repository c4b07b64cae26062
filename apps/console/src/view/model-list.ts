import type { ListedModel, ListedVersion } from '../monitor.js';
import { addressOf, type Place } from '../place.js';
import type { State } from '../state.js';
import { h, type Tree } from '../tree.js';
import { countWords, stateWords } from '../words.js';
import { mark } from './mark.js';

/** Every model and its versions: those in use, and the others behind a fold. */
export function modelList({ place, models = [] }: State): Tree {
  return h(
    'nav',
    { class: 'models', 'aria-labelledby': 'models-heading' },
    h('h2', { id: 'models-heading' }, 'Models'),
    models.map((model) => modelVersions(model, place)),
  );
}

function modelVersions({ model, versions }: ListedModel, place: Place): Tree {
  const isHere = ({ version }: ListedVersion) => place.model === model && place.version === version;
  const links = (some: ListedVersion[]) =>
    h(
      'ul',
      {},
      some.map((version) => versionLink(model, version, place, isHere(version))),
    );
  const [used, idle] = [versions.filter(({ wanted }) => wanted), versions.filter(({ wanted }) => !wanted)];
  return h(
    'section',
    { key: model },
    h('h3', {}, model),
    used.length > 0 && links(used),
    idle.length > 0 &&
      h(
        'details',
        { open: used.length === 0 || idle.some(isHere) },
        h('summary', {}, `Not in use (${idle.length})`),
        links(idle),
      ),
  );
}

function versionLink(model: string, listed: ListedVersion, place: Place, isHere: boolean): Tree {
  const { word, tone } = stateWords(listed.state);
  const { version, predictions } = listed;
  return h(
    'li',
    { key: version },
    h(
      'a',
      { href: addressOf({ ...place, model, version }), 'aria-current': isHere ? 'page' : undefined },
      h('span', { class: 'name' }, `Version ${version}`),
      mark(tone, word),
      h('span', { class: 'aside' }, `${countWords(predictions)} predictions counted`),
    ),
  );
}
