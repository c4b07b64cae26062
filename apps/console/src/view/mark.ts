import { h, type Tree } from '../tree.js';
import type { Tone } from '../words.js';

/** One shape a tone, so that nobody needs to tell colours apart. */
const shapes: Record<Tone, Tree> = {
  good: h('path', { d: 'M2 6.5 5 9.5 10 3', class: 'stroke' }),
  watch: h('path', { d: 'M6 1 11.5 11H.5Z' }),
  bad: h('path', { d: 'M3.5.5h5l3 3v5l-3 3h-5l-3-3v-5Z' }),
  quiet: h('circle', { cx: 6, cy: 6, r: 4, class: 'stroke' }),
};

/** A word with its shape and colour. */
export function mark(tone: Tone, word: string): Tree {
  return h(
    'span',
    { class: `mark ${tone}` },
    h('svg', { viewBox: '0 0 12 12', 'aria-hidden': 'true' }, shapes[tone]),
    word,
  );
}
