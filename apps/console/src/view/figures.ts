import type { Drift, Performance } from '../monitor.js';
import { h, type Tree } from '../tree.js';
import { countWords, shareWords } from '../words.js';

/** How much was asked, how much of it went wrong, and what customers did with the answers. */
export function figures({ predictions, fallbacks, errors }: Drift, performance: Performance): Tree {
  const total = Number(predictions);
  const ofAll = (count: string) => (total > 0 ? `${shareWords(Number(count) / total)} of all` : '');
  const { withOutcome, hitsAt5, hitRate, coverage, fallback } = performance;
  return h(
    'dl',
    { class: 'figures' },
    figure('Predictions', countWords(predictions), 'answers, fallbacks and errors'),
    figure('Fallbacks', countWords(fallbacks), ofAll(fallbacks)),
    figure('Errors', countWords(errors), ofAll(errors)),
    figure(
      'Hit rate@5',
      shareWords(hitRate),
      withOutcome > 0
        ? `${countWords(hitsAt5)} of ${countWords(withOutcome)} with an outcome had a hit in the first 5`
        : 'no click or purchase was reported',
    ),
    figure(
      'Coverage',
      shareWords(coverage),
      `${countWords(withOutcome)} of ${countWords(performance.predictions)} have an outcome`,
    ),
    fallback.predictions > 0 &&
      figure('Hit rate@5, fallbacks', shareWords(fallback.hitRate), `coverage ${shareWords(fallback.coverage)}`),
  );
}

function figure(term: string, value: string, aside: string): Tree {
  return h(
    'div',
    { key: term },
    h('dt', {}, term),
    h('dd', {}, h('span', { class: 'value' }, value), h('span', { class: 'aside' }, aside)),
  );
}
