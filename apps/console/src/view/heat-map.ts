import type { DriftCell, DriftColumn, DriftMap } from '../monitor.js';
import { addressOf, type Place } from '../place.js';
import type { Pointed } from '../state.js';
import { h, type Child, type Tree } from '../tree.js';
import { countWords, rangeWords, statisticWords } from '../words.js';

/** How a cell looks. Only what is enough to judge has a judgement's colour. */
const tones = {
  calm: 'below half its floor',
  near: 'half its floor or more, no warning',
  warning: 'warning',
  critical: 'critical',
  few: 'too few to judge',
  none: 'not measured',
} as const;

/** So many columns are wide enough for their names to be written across. */
const ROOMY_COLUMNS_MAX = 8;

/** The tone of a cell: 1 is the floor from which a change that is no chance is worth a warning. */
export function toneOf({ effect, enough, severity }: DriftCell): keyof typeof tones {
  if (effect === undefined) return 'none';
  if (!enough) return 'few';
  if (severity !== '') return severity;
  return effect < 0.5 ? 'calm' : 'near';
}

/** Every feature against time and against segments: where to look first. `names`: the features as they are ordered. */
export function heatMaps(maps: readonly DriftMap[], names: readonly string[], place: Place, pointed?: Pointed): Tree {
  return h(
    'section',
    { class: 'heat', 'aria-labelledby': 'heat-heading', key: 'heat' },
    h('h3', { id: 'heat-heading' }, 'Where to look first'),
    h(
      'p',
      { class: 'aside' },
      'How far each feature moved, in multiples of the floor from which it is worth a warning.',
    ),
    maps
      // The whole alone is no comparison, and the map by time tells it already.
      .filter(({ by, columns }) => by === 'time' || columns.length > 1)
      .map((map) => heatMap(map, names, place, pointed?.by === map.by ? pointed : undefined)),
    h(
      'ul',
      { class: 'legend' },
      Object.entries(tones).map(([tone, words]) => h('li', {}, h('span', { class: `swatch cell ${tone}` }), words)),
    ),
  );
}

function heatMap(map: DriftMap, names: readonly string[], place: Place, pointed: Pointed | undefined): Tree {
  const { by, columns } = map;
  const column = columns.find(({ label }) => label === pointed?.column);
  const here = pointed && column ? pointed : undefined;
  // The Tab key meets one cell of the map; arrows lead to the others.
  const stop = here ?? { feature: names[0], column: columns[0]?.label };
  return h(
    'div',
    { key: by, class: columns.length <= ROOMY_COLUMNS_MAX ? 'map roomy' : 'map' },
    h(
      'div',
      { class: 'sideways' },
      h(
        'table',
        { role: 'grid', 'aria-readonly': 'true' },
        h('caption', {}, h('span', {}, by === 'time' ? 'Features by time, UTC' : 'Features by segment')),
        h(
          'thead',
          {},
          h(
            'tr',
            {},
            h('th', { scope: 'col' }, 'Feature'),
            columns.map(({ label }, index) =>
              h('th', { key: label, scope: 'col' }, h('span', {}, headOf(map, label, columns[index - 1]?.label))),
            ),
          ),
        ),
        h(
          'tbody',
          {},
          names.map((name) =>
            h(
              'tr',
              { key: name },
              h('th', { scope: 'row' }, name),
              columns.map((of) =>
                cell(map, name, of, stop.feature === name && stop.column === of.label && (here ? 'here' : 'first')),
              ),
            ),
          ),
        ),
      ),
    ),
    h(
      'p',
      { class: 'readout' },
      here && column ? readout(map, here.feature, column, place) : 'Point at a cell to read it.',
    ),
  );
}

function cell({ by, features }: DriftMap, feature: string, column: DriftColumn, stop: 'here' | 'first' | false): Tree {
  const found = column.cells[features.indexOf(feature)] as DriftCell;
  return h(
    'td',
    {
      key: column.label,
      role: 'gridcell',
      class: `cell ${toneOf(found)}${stop === 'here' ? ' here' : ''}`,
      tabindex: stop ? 0 : -1,
      'aria-label': cellWords(found),
      'data-by': by,
      'data-feature': feature,
      'data-column': column.label,
    },
    multipleWords(found.effect),
  );
}

function readout({ by, features }: DriftMap, feature: string, column: DriftColumn, place: Place): Child[] {
  const range = { fromMs: Number(column.fromMs), toMs: Number(column.toMs) };
  const of = by === 'time' ? rangeWords(range.fromMs, range.toMs) : column.label || 'all segments';
  const found = column.cells[features.indexOf(feature)] as DriftCell;
  return [
    h('strong', {}, feature),
    `, ${of}: ${cellWords(found)}; of ${countWords(column.predictions)} predictions. `,
    by === 'time' && h('a', { href: addressOf({ ...place, window: range }) }, 'Show this part alone'),
  ];
}

/** A column's head: the day of a time is told where it changes. */
function headOf({ by }: DriftMap, label: string, before: string | undefined): string {
  if (by === 'segment') return label || 'All';
  return label.slice(0, 10) === before?.slice(0, 10) ? label.slice(11) : label.slice(5);
}

/** All that is known of a cell, in a sentence. */
function cellWords(cell: DriftCell): string {
  const { effect, psi, ksLow } = cell;
  if (effect === undefined) return tones.none;
  const statistics = [
    ...(psi === undefined ? [] : [`PSI ${statisticWords(psi)}`]),
    ...(ksLow === undefined ? [] : [`KS at least ${statisticWords(ksLow)}`]),
  ];
  const verdict = {
    calm: 'no warning',
    near: 'no warning',
    warning: 'warning',
    critical: 'critical',
    few: tones.few,
    none: '',
  };
  return [`${effect.toFixed(2)} times its floor`, verdict[toneOf(cell)], ...statistics].join(', ');
}

/** As much of a multiple as a cell has room for. */
function multipleWords(effect: number | undefined): string {
  if (effect === undefined) return '–';
  if (effect >= 99.5) return '99+';
  return effect >= 9.95 ? effect.toFixed(0) : effect.toFixed(1);
}
