import type { Bin, Feature } from '../monitor.js';
import { h, type Tree } from '../tree.js';
import { countWords, shiftWords, pValueWords, shareWords, statisticWords } from '../words.js';
import { distributions } from './distributions.js';
import { mark } from './mark.js';

/** More categories than this are folded away, but for those that moved most. */
const CATEGORIES_SHOWN = 12;

const kinds = { numeric: 'number', categorical: 'category', items: 'list of values' } as const;

/** One feature: how far it moved, and where. `guilty`: the alert names it. */
export function featureCard(feature: Feature, guilty: boolean): Tree {
  const { name, kind, effect } = feature;
  const { word, tone } = shiftWords(effect);
  const id = `feature-${name}`;
  return h(
    'article',
    { key: name, class: `feature ${tone}`, 'aria-labelledby': id },
    h(
      'header',
      {},
      h('h4', { id }, name),
      h('span', { class: 'aside' }, kinds[kind]),
      guilty && h('span', { class: 'guilty' }, 'named by the alert'),
      mark(tone, word),
    ),
    statistics(feature),
    distributions(feature),
    plots(feature),
  );
}

function statistics({ psi, ksLow, ksHigh, ksAt, kind, count, baselineCount, missing, unseen, pValue }: Feature): Tree {
  const ks = ksLow === undefined ? '–' : `[${statisticWords(ksLow)}, ${statisticWords(ksHigh)}]`;
  const at = ksAt === undefined ? '' : `farthest apart at ${Number(ksAt.toPrecision(4))}`;
  return h(
    'dl',
    { class: 'statistics' },
    statistic('PSI', statisticWords(psi), 'nats'),
    kind === 'numeric' && statistic('KS', ks, at),
    statistic('p', pValueWords(pValue), ''),
    statistic('n', countWords(count), `baseline ${countWords(baselineCount)}`),
    statistic('Missing', countWords(missing), ''),
    statistic('Unseen', countWords(unseen), kind === 'numeric' ? 'outside the training range' : 'unknown to training'),
  );
}

function statistic(term: string, value: string, aside: string): Tree {
  return h('div', { key: term }, h('dt', {}, term), h('dd', {}, value, aside && h('span', { class: 'aside' }, aside)));
}

function plots({ name, kind, bins }: Feature): (Tree | false)[] {
  const largest = Math.max(...bins.flatMap(({ expectedShare, actualShare }) => [expectedShare, actualShare]), 0.01);
  if (kind === 'numeric') return [plot(`Shares per bin of ${name}`, 'Bin', bins, largest)];
  if (bins.length <= CATEGORIES_SHOWN) return [plot(`Shares per value of ${name}`, 'Value', bins, largest)];
  const moved = movedMost(bins, CATEGORIES_SHOWN - 2);
  const title = `The ${moved.length} values of ${name} that moved most`;
  return [
    plot(title, 'Value', moved, largest),
    h(
      'details',
      {},
      h('summary', {}, `All ${bins.length} values`),
      plot(`Shares of every value of ${name}, most frequent in the baseline first`, 'Value', bins, largest),
    ),
  ];
}

/** The bins whose share changed most, the largest change first. */
export function movedMost(bins: readonly Bin[], count: number): Bin[] {
  const change = ({ expectedShare, actualShare }: Bin) => Math.abs(actualShare - expectedShare);
  return bins.toSorted((a, b) => change(b) - change(a)).slice(0, count);
}

/** Bars that are a table as well: who cannot see them reads the same figures. */
function plot(title: string, of: 'Bin' | 'Value', bins: readonly Bin[], largest: number): Tree {
  const head = (text: string, swatch: string) =>
    h('th', { scope: 'col' }, h('span', { class: `swatch ${swatch}` }), text);
  return h(
    'table',
    { class: 'plot', key: title },
    h('caption', {}, title),
    h(
      'thead',
      {},
      h('tr', {}, h('th', { scope: 'col' }, of), h('td', {}), head('Baseline', 'expected'), head('Window', 'actual')),
    ),
    h(
      'tbody',
      {},
      bins.map((bin) => binRow(bin, largest)),
    ),
  );
}

function binRow({ label, expectedShare, actualShare }: Bin, largest: number): Tree {
  const bar = (share: number, y: number, kind: string) =>
    h('rect', { x: 0, y, width: ((share / largest) * 100).toFixed(2), height: 8, class: kind });
  return h(
    'tr',
    { key: label },
    h('th', { scope: 'row' }, label),
    h(
      'td',
      { class: 'bars' },
      h(
        'svg',
        { viewBox: '0 0 100 18', preserveAspectRatio: 'none', 'aria-hidden': 'true' },
        bar(expectedShare, 0, 'expected'),
        bar(actualShare, 10, 'actual'),
      ),
    ),
    h('td', {}, shareWords(expectedShare)),
    h('td', {}, shareWords(actualShare)),
  );
}
