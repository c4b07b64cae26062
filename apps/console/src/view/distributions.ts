import type { CumulativePoint, Feature } from '../monitor.js';
import { h, type Tree } from '../tree.js';
import { shareWords } from '../words.js';

/** Of the drawing, whose sides are stretched to the card. */
const WIDTH = 100;
const HEIGHT = 40;

/**
 * Both cumulative distributions of a number, and the gap where they are farthest apart: the KS distance, to be seen. The
 * horizontal axis is the baseline's own quantiles, so that neither a long tail nor a spike hides the rest.
 */
export function distributions({ cumulative, ksAt }: Feature): Tree | false {
  if (cumulative.length < 2 || ksAt === undefined) return false;
  const gap = widest(cumulative);
  const x = (index: number) => ((index / (cumulative.length - 1)) * WIDTH).toFixed(2);
  const y = (share: number) => ((1 - share) * HEIGHT).toFixed(2);
  const line = (kind: string, below: (point: CumulativePoint) => number) =>
    h('polyline', {
      class: kind,
      points: cumulative.map((point, index) => `${x(index)},${y(below(point))}`).join(' '),
      'vector-effect': 'non-scaling-stroke',
    });
  const { value, expectedBelow, actualBelow } = cumulative[gap] as CumulativePoint;
  const said =
    expectedBelow === actualBelow
      ? 'Nowhere apart'
      : `Farthest apart below ${Number(value.toPrecision(4))}: ${shareWords(expectedBelow)} of the baseline, ${shareWords(actualBelow)} of the window`;
  return h(
    'figure',
    { class: 'distributions', key: 'distributions' },
    h(
      'svg',
      { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, preserveAspectRatio: 'none', 'aria-hidden': 'true' },
      h('line', {
        class: 'gap',
        x1: x(gap),
        x2: x(gap),
        y1: y(expectedBelow),
        y2: y(actualBelow),
        'vector-effect': 'non-scaling-stroke',
      }),
      line('expected', (point) => point.expectedBelow),
      line('actual', (point) => point.actualBelow),
    ),
    h('figcaption', {}, said),
  );
}

/** Where the two are farthest apart. */
function widest(points: readonly CumulativePoint[]): number {
  const apart = ({ expectedBelow, actualBelow }: CumulativePoint) => Math.abs(expectedBelow - actualBelow);
  return points.reduce(
    (most, point, index) => (apart(point) > apart(points[most] as CumulativePoint) ? index : most),
    0,
  );
}
