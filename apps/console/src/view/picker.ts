import { addressOf, windows, writeUtc, type Place, type Range } from '../place.js';
import { h, type Tree } from '../tree.js';
import { rangeWords } from '../words.js';

const windowWords = { '1h': 'Last hour', '24h': 'Last 24 hours' } as const;
const variants = ['champion', 'canary', 'shadow'];

/** Which window and variant to look at. `shown` is the range on show, absent while nothing is. */
export function picker(place: Place, shown: Range | undefined): Tree {
  const { window, variant } = place;
  const range = typeof window === 'string' ? undefined : window;
  const others = variant === '' || variants.includes(variant) ? [] : [variant];
  const option = (value: string, text: string) => h('option', { key: value, value, selected: value === variant }, text);
  return h(
    'form',
    { class: 'picker', id: 'picker', 'aria-label': 'What to look at' },
    h(
      'fieldset',
      {},
      h('legend', {}, 'Window'),
      h(
        'div',
        { class: 'segments' },
        [...windows, 'range' as const].map((value) => windowChoice(value, value === (range ? 'range' : window))),
      ),
    ),
    h(
      'label',
      { class: 'field' },
      h('span', {}, 'Variant'),
      h(
        'select',
        { name: 'variant' },
        option('', 'All variants'),
        [...variants, ...others].map((value) => option(value, value)),
      ),
    ),
    range &&
      h(
        'div',
        { class: 'range', key: 'range' },
        timeField('from', 'From (UTC)', range.fromMs),
        timeField('to', 'To (UTC)', range.toMs),
        h('button', { type: 'submit' }, 'Show'),
      ),
    shown && shownRange(place, shown),
  );
}

function windowChoice(value: keyof typeof windowWords | 'range', checked: boolean): Tree {
  return h(
    'label',
    { key: value },
    h('input', { type: 'radio', name: 'window', value, checked }),
    h('span', {}, value === 'range' ? 'From – to' : windowWords[value]),
  );
}

function timeField(name: 'from' | 'to', text: string, ms: number): Tree {
  const value = writeUtc(ms).slice(0, -1);
  const input = h('input', { type: 'datetime-local', name, value, step: 300, required: true });
  return h('label', { key: name, class: 'field' }, h('span', {}, text), input);
}

function shownRange(place: Place, { fromMs, toMs }: Range): Tree {
  const moved = (byMs: number) => addressOf({ ...place, window: { fromMs: fromMs + byMs, toMs: toMs + byMs } });
  const lengthMs = toMs - fromMs;
  return h(
    'p',
    { key: 'shown', class: 'shown' },
    h('a', { href: moved(-lengthMs), 'aria-label': 'Earlier window' }, '‹'),
    h('span', {}, `${rangeWords(fromMs, toMs)} UTC`),
    h('a', { href: moved(lengthMs), 'aria-label': 'Later window' }, '›'),
  );
}
