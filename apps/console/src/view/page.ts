import type { ListedVersion } from '../monitor.js';
import { addressOf, type Place, type Range } from '../place.js';
import { isUpToDate, type Measured, type Seen, type State } from '../state.js';
import { h, type Tree } from '../tree.js';
import { utcWords } from '../words.js';
import { featureList, ordered } from './features.js';
import { figures } from './figures.js';
import { heatMaps } from './heat-map.js';
import { comparisonList, lookList } from './looks.js';
import { measureTable } from './measures.js';
import { modelList } from './model-list.js';
import { picker } from './picker.js';
import { ruleList } from './rules.js';
import { alertVerdict, windowVerdict } from './verdict.js';

const PANE_MS = 5 * 60 * 1_000;
const DAY_MS = 24 * 60 * 60 * 1_000;

/** The whole page below its heading. */
export function page(state: State): Tree[] {
  const { models, failure } = state;
  if (models === undefined) return [h('main', { id: 'content' }, failure ? '' : note('Asking the monitor …'))];
  if (models.length === 0) return [h('main', { id: 'content' }, noModels())];
  return [modelList(state), content(state)];
}

/** What went wrong with the last question, and what can be done. */
export function notice({ failure, answeredAtMs, seen }: State): Tree[] {
  if (!failure) return [];
  const stale = seen && answeredAtMs !== undefined && !failure.refused;
  return [
    h(
      'div',
      { class: 'notice' },
      h('p', {}, h('strong', {}, failure.message), ` ${failure.remedy}`),
      stale && h('p', {}, `What you see is what it said at ${timeOf(answeredAtMs)} UTC.`),
      h('button', { type: 'button', 'data-action': 'retry' }, 'Try again'),
    ),
  ];
}

/** When the page was last right, and whether it keeps itself so. */
export function updates({ answeredAtMs, paused }: State): Tree[] {
  const when = answeredAtMs === undefined ? '' : `Updated ${timeOf(answeredAtMs)} UTC${paused ? ', paused' : ''}`;
  return [h('span', {}, when), h('button', { type: 'button', 'data-action': 'pause' }, paused ? 'Resume' : 'Pause')];
}

function content(state: State): Tree {
  const { place, seen, alerts, nowMs } = state;
  const alert = alerts.find(({ model, version }) => model === place.model && version === place.version);
  const fresh = isUpToDate(state);
  const shown = fresh && seen ? { fromMs: Number(seen.drift.fromMs), toMs: Number(seen.drift.toMs) } : undefined;
  const answer = seen && (fresh || !state.failure) ? windowContent(state, seen, alert?.features ?? []) : [];
  return h(
    'main',
    { id: 'content', tabindex: '-1', 'aria-busy': fresh || state.failure ? undefined : 'true' },
    h('h2', {}, `${place.model} `, h('span', {}, `version ${place.version ?? '–'}`)),
    alertVerdict(alert, nowMs),
    picker(place, shown),
    h(
      'div',
      { class: fresh ? 'answer' : 'answer stale' },
      seen || state.failure ? answer : note('Asking the monitor …'),
    ),
  );
}

function windowContent(
  { place, models = [], pointed, measured, done }: State,
  { question, drift, performance, maps }: Seen,
  guilty: string[],
): Tree[] {
  const whole = typeof place.window === 'string' && place.variant === '';
  const listed = models
    .find(({ model }) => model === drift.model)
    ?.versions.find(({ version }) => version === drift.version);
  if (Number(drift.predictions) === 0) return [noData(place, listed)];
  const features = ordered(drift.features, place.order);
  return [
    ...(whole ? [] : [windowVerdict(drift)]),
    figures(drift, performance),
    ...(features.length > 0
      ? [
          heatMaps(
            maps,
            features.map(({ name }) => name),
            place,
            pointed,
          ),
          featureList(features, guilty, place),
        ]
      : [note('This version has no baseline: it is served and counted, and there is nothing to compare it with.')]),
    ...(measured?.question === question ? measuredContent(measured, done) : []),
  ];
}

/** What is read from the archive comes later than the rest, so it stands below: nothing on show moves when it comes. */
function measuredContent(measured: Measured, done: string | undefined): Tree[] {
  const { rules, compared, looks } = measured;
  return [measureTable(measured), ...(rules ? [ruleList(rules, done)] : []), comparisonList(compared), lookList(looks)];
}

function noModels(): Tree {
  return h(
    'section',
    { class: 'note' },
    h('h2', {}, 'No model is known yet'),
    h('p', {}, 'The monitor learns of models from the registry. Register the first one:'),
    h('pre', {}, h('code', {}, 'vinaigrette models push FOLDER --name NAME --alias champion')),
  );
}

function noData(place: Place, listed: ListedVersion | undefined): Tree {
  const of = place.variant === '' ? '' : ` of the variant ${place.variant}`;
  const link = (to: Place, text: string) => h('a', { href: addressOf(to) }, text);
  const newestMs = listed?.newestPaneMs ?? undefined;
  const lastDay = (endMs: number): Range => ({ fromMs: endMs - DAY_MS, toMs: endMs });
  return h(
    'section',
    { class: 'note', key: 'no-data' },
    h('h3', {}, `No prediction${of} in this window`),
    newestMs === undefined
      ? h('p', {}, 'This version has not been asked yet.')
      : h(
          'p',
          {},
          `The version last answered about ${utcWords(newestMs)} UTC. `,
          link({ ...place, window: lastDay(newestMs + PANE_MS) }, 'Show the day up to then'),
          place.variant !== '' && [' or ', link({ ...place, variant: '' }, 'all variants of this window')],
          '.',
        ),
  );
}

const note = (text: string) => h('p', { class: 'note' }, text);
const timeOf = (ms: number) => new Date(ms).toISOString().slice(11, 19);
