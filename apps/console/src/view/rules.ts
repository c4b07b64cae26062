import type { RuleDecay, Rules } from '../monitor.js';
import { h, type Tree } from '../tree.js';
import { countWords, ruleWords } from '../words.js';
import { mark } from './mark.js';

/** So many are shown at once, those on which most rests; the others are behind a fold. */
const SHOWN = 10;

/** Whether the version's association rules still hold, and a way to hide one. `done`: what came of hiding the last. */
export function ruleList({ countedOn, baskets, rules }: Rules, done: string | undefined): Tree {
  const on = countedOn === 'holdout' ? 'of the holdout, who were shown nothing' : 'of everybody';
  const list = (some: readonly RuleDecay[]) => h('ul', {}, some.map(ruleItem));
  return h(
    'section',
    { class: 'facts', 'aria-labelledby': 'rules-heading', key: 'rules' },
    h('h3', { id: 'rules-heading' }, 'Do its rules still hold?'),
    h('p', {}, `Counted in ${countWords(baskets)} baskets ${on}, in the week up to the end of the window.`),
    h('p', { role: 'status', key: 'done' }, done),
    list(rules.slice(0, SHOWN)),
    rules.length > SHOWN &&
      h('details', {}, h('summary', {}, `${countWords(rules.length - SHOWN)} more`), list(rules.slice(SHOWN))),
  );
}

function ruleItem({ rule, state, says }: RuleDecay): Tree {
  const { word, tone } = ruleWords[state];
  return h(
    'li',
    { key: rule },
    mark(tone, word),
    h('p', {}, says),
    h(
      'button',
      { type: 'button', 'data-action': 'hide', 'data-rule': rule, 'data-says': says, 'aria-label': `Hide: ${says}` },
      'Hide',
    ),
  );
}
