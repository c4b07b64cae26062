import type { LabelCoverage, Measures } from '../monitor.js';
import type { Measured } from '../state.js';
import { h, type Tree } from '../tree.js';
import { countWords, figureWords, intervalWords, shareWords } from '../words.js';

/** Names the contract has for measures; any other is told as it is. */
const names: Record<string, string> = {
  mae: 'Mean absolute error',
  rmse: 'Root mean squared error',
  bias: 'Bias',
  r2: 'R²',
  accuracy: 'Accuracy',
  auc: 'Area under the ROC curve',
  logLoss: 'Log-loss',
  brier: 'Brier score',
  hitRateAt1: 'Hit rate@1',
  hitRateAt5: 'Hit rate@5',
  hitRateAt10: 'Hit rate@10',
  mrr: 'Mean reciprocal rank',
  ndcgAt10: 'NDCG@10',
};

/** How right the version was and what it earns, each figure with what it is worth. */
export function measureTable({ measures, kpis, worth }: Pick<Measured, 'measures' | 'kpis' | 'worth'>): Tree {
  const rows = [
    ...Object.entries(measures.measures).map(([name, estimate]) => ({ name: names[name] ?? name, estimate })),
    ...kpis.map(({ kpi, kpiVersion, ...estimate }) => ({ name: `${kpi}, version ${kpiVersion}`, estimate })),
  ];
  const head = (text: string) => h('th', { scope: 'col' }, text);
  return h(
    'section',
    { class: 'facts', 'aria-labelledby': 'measures-heading', key: 'measures' },
    h('h3', { id: 'measures-heading' }, 'How right it was, and what it earns'),
    h('p', {}, coverageWords(measures)),
    h(
      'table',
      {},
      h('caption', {}, 'Measures and KPIs of this version'),
      h('thead', {}, h('tr', {}, head('Measure'), head('Value'), head('95 % interval'), head('n'))),
      h(
        'tbody',
        {},
        rows.map(({ name, estimate }) =>
          h(
            'tr',
            { key: name },
            h('th', { scope: 'row' }, name),
            h('td', {}, figureWords(estimate.value)),
            h('td', {}, intervalWords(estimate)),
            h('td', {}, countWords(estimate.n)),
          ),
        ),
      ),
    ),
    h('p', { key: 'worth' }, worth ?? 'No KPI of this model is in force, so nobody knows what it earns.'),
  );
}

function coverageWords({ document, coverage, mature }: Measures): string {
  const by = document === '' ? 'By what was clicked or bought' : `By the document ${document}`;
  return `${by}: the truth is known of ${ofAll(coverage)}, and of ${ofAll(mature)} old enough to have it.`;
}

const ofAll = ({ predictions, labelled, share }: LabelCoverage): string =>
  `${countWords(labelled)} of ${countWords(predictions)} predictions (${shareWords(share.value)})`;
