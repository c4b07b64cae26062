import { chooseVersion } from './choose-version.js';
import { draw } from './draw.js';
import { ask, NoAnswer, type Alert, type Drift, type DriftMap, type ListedModel, type Performance } from './monitor.js';
import { askMeasured, hideRule } from './measured.js';
import { neighbour } from './neighbour.js';
import { addressOf, questionOf, readPlace, readUtc, windows, type Place } from './place.js';
import { isUpToDate, type Pointed, type State } from './state.js';
import { notice, page, updates } from './view/page.js';

/** How long an answer is good for. */
const REFRESH_MS = 15_000;

const element = (id: string) => document.getElementById(id) as HTMLElement;
const state: State = { place: readPlace(location.search), nowMs: Date.now(), paused: false, alerts: [] };
let asking = new AbortController();
let timer: ReturnType<typeof setTimeout> | undefined;

/** Asks everything the place needs, and draws what came of it. A newer question makes an older one void. */
async function refresh(): Promise<void> {
  asking.abort();
  clearTimeout(timer);
  const { signal } = (asking = new AbortController());
  try {
    const [{ models }, { alerts }] = await Promise.all([
      ask<{ models: ListedModel[] }>('/v1/models', signal),
      ask<{ alerts: Alert[] }>('/v1/alerts', signal),
    ]);
    Object.assign(state, { models, alerts });
    const place = chooseVersion(state.place, models);
    // The choice stays in the address: a refresh must not look elsewhere, and a link must say what was seen.
    if (place !== state.place) history.replaceState(null, '', addressOf((state.place = place)));
    if (place.model !== undefined) {
      const question = questionOf(place).toString();
      const [drift, performance, ...maps] = await Promise.all([
        ask<Drift>(`/v1/drift?${question}`, signal),
        ask<Performance>(`/v1/performance?${question}`, signal),
        ask<DriftMap>(`/v1/drift/map?${question}&by=time`, signal),
        ask<DriftMap>(`/v1/drift/map?${question}&by=segment`, signal),
      ]);
      state.seen = { question, drift, performance, maps };
    }
    state.answeredAtMs = Date.now();
    delete state.failure;
    show();
    if (state.seen && place.model !== undefined) {
      const listed = models.find(({ model }) => model === place.model)?.versions;
      const hasRules = listed?.some(({ version, hasRules }) => version === place.version && hasRules) ?? false;
      state.measured = await askMeasured(place, state.seen.drift, hasRules, signal);
    }
  } catch (error) {
    if (signal.aborted) return;
    state.failure = error instanceof NoAnswer ? error : new NoAnswer('The page failed.', 'Load it again.', false);
    if (!(error instanceof NoAnswer)) console.error(error);
  }
  show();
  if (!state.paused) timer = setTimeout(refreshSeen, REFRESH_MS);
}

/** Hides a rule, and shows what came of it. The operators' key is asked for when the monitor wants one. */
async function hide(rule: string, says: string): Promise<void> {
  const { signal } = asking;
  try {
    state.done = await hideRule(state.place, rule, says, signal);
    await refresh();
  } catch (error) {
    if (!(error instanceof NoAnswer)) return;
    state.failure = error;
    show();
  }
}

/** Nobody looks at a page in the background: it waits until somebody does. */
function refreshSeen(): void {
  if (document.visibilityState === 'visible') void refresh();
}

function show(): void {
  state.nowMs = Date.now();
  const { model, version } = state.place;
  document.title = model === undefined ? 'Drift monitor' : `${model} version ${version ?? '–'} · Drift monitor`;
  draw(element('updates'), updates(state));
  draw(element('notice'), notice(state));
  draw(element('page'), page(state));
}

function go(place: Place): void {
  if (addressOf(place) !== location.search) history.pushState(null, '', addressOf(place));
  arrive(place);
}

function arrive(place: Place): void {
  state.place = place;
  delete state.failure;
  delete state.done;
  show();
  if (!isUpToDate(state)) void refresh();
}

/** Where the form leads. A range begins as the window on show. */
function pickedPlace(form: HTMLFormElement): Place {
  const data = new FormData(form);
  const text = (name: string) => String(data.get(name) ?? '');
  const place: Place = { ...state.place, variant: text('variant') };
  const window = windows.find((known) => known === text('window'));
  if (window) return { ...place, window };
  if (typeof place.window === 'string') {
    const { fromMs, toMs } = state.seen?.drift ?? { fromMs: Date.now() - 3_600_000, toMs: Date.now() };
    return { ...place, window: { fromMs: Number(fromMs), toMs: Number(toMs) } };
  }
  const range = { fromMs: readUtc(text('from')), toMs: readUtc(text('to')) };
  return range.fromMs < range.toMs ? { ...place, window: range } : place;
}

/** What a cell says is read below its map, whether a pointer, a finger or a key came to it. */
function pointAt({ target }: Event): void {
  const cell = (target as Element).closest<HTMLElement>('[role="gridcell"]');
  if (!cell || cell.classList.contains('here')) return;
  const { by, feature, column } = cell.dataset;
  state.pointed = { by, feature, column } as Pointed;
  show();
}

document.addEventListener('click', (event) => {
  const target = event.target as Element;
  const link = target.closest<HTMLAnchorElement>('a[href^="?"]');
  const plain = event.button === 0 && !event.metaKey && !event.ctrlKey && !event.shiftKey && !event.altKey;
  if (link && plain) {
    event.preventDefault();
    go(readPlace(link.search));
  }
  const { action, rule, says } = target.closest<HTMLElement>('[data-action]')?.dataset ?? {};
  if (rule !== undefined) return void hide(rule, says ?? '');
  if (action === 'pause') state.paused = !state.paused;
  if (action) void refresh();
});
document.addEventListener('change', (event) => {
  const control = event.target as HTMLInputElement;
  // Times are taken with the button: half a time is no time to look at.
  if (control.form?.id === 'picker' && control.type !== 'datetime-local') go(pickedPlace(control.form));
});
document.addEventListener('input', (event) => {
  const { form } = event.target as HTMLInputElement;
  const [from, to] = ['from', 'to'].map((name) => form?.elements.namedItem(name) as HTMLInputElement | null);
  if (from && to) to.setCustomValidity(from.value < to.value ? '' : 'This must be later than From');
});
document.addEventListener('submit', (event) => {
  event.preventDefault();
  go(pickedPlace(event.target as HTMLFormElement));
});
document.addEventListener('pointerover', pointAt);
document.addEventListener('focusin', pointAt);
document.addEventListener('keydown', (event) => {
  const next = neighbour(event.target as Element, event.key);
  if (!next) return;
  event.preventDefault();
  next.focus();
});
window.addEventListener('popstate', () => arrive(readPlace(location.search)));
document.addEventListener('visibilitychange', () => {
  const due = state.answeredAtMs === undefined || Date.now() - state.answeredAtMs >= REFRESH_MS;
  if (!state.paused && due) refreshSeen();
});

show();
void refresh();
