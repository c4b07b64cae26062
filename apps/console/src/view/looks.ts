import type { Compared, IssuedLook } from '../monitor.js';
import { h, type Tree } from '../tree.js';
import { countWords, lookWords, utcWords } from '../words.js';
import { mark } from './mark.js';

/** So many looks are shown at once; the others are behind a fold. */
const SHOWN = 12;
const windowWords = { '1h': 'hour', '24h': 'day' } as const;
const againstWords = { baseline: 'the baseline', 'last-week': 'the same window last week', champion: 'the champion' };

/** Each variant alone, and the version beside last week and the champion, as they were last looked at. */
export function comparisonList(compared: readonly Compared[]): Tree {
  return h(
    'section',
    { class: 'facts', 'aria-labelledby': 'compared-heading', key: 'compared' },
    h('h3', { id: 'compared-heading' }, 'Beside others'),
    compared.length === 0 && h('p', {}, 'Nothing was compared yet: it is at the end of every five minutes.'),
    h('ul', {}, compared.map(comparisonItem)),
  );
}

function comparisonItem({
  window,
  against,
  variant,
  toMs,
  predictions,
  expected,
  state,
  severity,
  why,
}: Compared): Tree {
  const { word, tone } = lookWords(state, severity);
  const beside = expected.name === '' ? againstWords[against] : `${againstWords[against]}, ${expected.name}`;
  const what = `${variant === '' ? 'All variants' : variant} beside ${beside}`;
  const when = `the ${windowWords[window]} up to ${utcWords(toMs)} UTC, ${countWords(predictions)} predictions`;
  return h(
    'li',
    { key: `${window} ${against} ${variant}` },
    mark(tone, word),
    h('p', {}, h('strong', {}, what), h('span', { class: 'aside' }, ` ${when}. `), why),
  );
}

/** What was said of the windows that ended in the range, newest first; a later revision corrects what was said before. */
export function lookList(looks: readonly IssuedLook[]): Tree {
  const list = (some: readonly IssuedLook[]) => h('ul', {}, some.map(lookItem));
  return h(
    'section',
    { class: 'facts', 'aria-labelledby': 'looks-heading', key: 'looks' },
    h('h3', { id: 'looks-heading' }, 'What was said at the time'),
    looks.length === 0 && h('p', {}, 'No look ended in this window.'),
    list(looks.slice(0, SHOWN)),
    looks.length > SHOWN &&
      h('details', {}, h('summary', {}, `${countWords(looks.length - SHOWN)} more`), list(looks.slice(SHOWN))),
  );
}

function lookItem({ window, toMs, revision, predictions, look }: IssuedLook): Tree {
  const { word, tone } = lookWords(look.kind, look.severity);
  const corrected = revision > 1 ? `, revision ${revision}` : '';
  const when = `The ${windowWords[window]} up to ${utcWords(toMs)} UTC${corrected}`;
  return h(
    'li',
    { key: `${window} ${toMs} ${revision}` },
    mark(tone, word),
    h(
      'p',
      {},
      h('strong', {}, when),
      h('span', { class: 'aside' }, ` ${countWords(predictions)} predictions. `),
      look.why,
    ),
  );
}
