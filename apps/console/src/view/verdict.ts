import type { Alert, Drift } from '../monitor.js';
import { h, type Tree } from '../tree.js';
import { agoWords, stateWords, utcWords } from '../words.js';
import { mark } from './mark.js';

/** What on-call is told of the version: its alert, since when, and why. */
export function alertVerdict(alert: Alert | undefined, nowMs: number): Tree {
  const { word, tone } = stateWords(alert?.state ?? null);
  return h(
    'section',
    { class: `verdict ${tone}`, 'aria-labelledby': 'alert-heading', key: 'alert' },
    h(
      'p',
      { class: 'headline' },
      h('span', { class: 'aside', id: 'alert-heading' }, 'Alert'),
      mark(tone, alert?.severity ? `${word}, ${alert.severity}` : word),
      alert !== undefined &&
        h(
          'span',
          { class: 'since' },
          `since ${utcWords(Number(alert.sinceMs))} UTC, ${agoWords(Number(alert.sinceMs), nowMs)}`,
        ),
    ),
    h('p', { class: 'why' }, alert?.why ?? 'The monitor judges at the end of every five minutes.'),
  );
}

/** What the window on show says by itself: a range or a variant has no alert. */
export function windowVerdict({ state, why }: Drift): Tree {
  const { word, tone } = stateWords(state);
  // One look that has drifted is pending for an alert; here no alert is waited for.
  const said = { OK: 'No drift', Pending: 'Drifted' }[word] ?? word;
  return h(
    'section',
    { class: `verdict slim ${tone}`, 'aria-labelledby': 'window-heading', key: 'window' },
    h(
      'p',
      { class: 'headline' },
      h('span', { class: 'aside', id: 'window-heading' }, 'This window alone'),
      mark(tone, said),
    ),
    h('p', { class: 'why' }, why),
  );
}
