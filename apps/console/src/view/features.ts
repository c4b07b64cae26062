import type { Feature } from '../monitor.js';
import { addressOf, orders, type Place } from '../place.js';
import { h, type Tree } from '../tree.js';
import { featureCard } from './feature-card.js';

const orderWords = { worst: 'Worst first', baseline: 'Baseline order' } as const;

/** Every feature against the baseline, in the order given. `guilty`: names the alert holds against the version. */
export function featureList(features: readonly Feature[], guilty: readonly string[], place: Place): Tree {
  const { order } = place;
  const choice = (other: Place['order']) =>
    h(
      'a',
      { key: other, href: addressOf({ ...place, order: other }), 'aria-current': other === order ? 'true' : undefined },
      orderWords[other],
    );
  return h(
    'section',
    { class: 'features', 'aria-labelledby': 'features-heading', key: 'features' },
    h(
      'header',
      {},
      h('h3', { id: 'features-heading' }, 'Features'),
      h('div', { class: 'segments', role: 'group', 'aria-label': 'Order of the features' }, orders.map(choice)),
    ),
    h(
      'div',
      { class: 'cards' },
      features.map((one) => featureCard(one, guilty.includes(one.name))),
    ),
  );
}

/** The one that moved farthest first and what was not measured last; or as the baseline has them. */
export function ordered(features: readonly Feature[], order: Place['order']): Feature[] {
  if (order === 'baseline') return [...features];
  return features.toSorted((a, b) => (b.effect ?? -1) - (a.effect ?? -1));
}
