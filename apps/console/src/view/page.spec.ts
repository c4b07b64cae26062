import { describe, expect, it } from '@jest/globals';
import {
  NoAnswer,
  type Drift,
  type DriftCell,
  type DriftColumn,
  type DriftMap,
  type Feature,
  type ListedModel,
  type Performance,
} from '../monitor.js';
import { questionOf, type Place } from '../place.js';
import type { Measured, State } from '../state.js';
import { textOf, type Tree } from '../tree.js';
import { distributions } from './distributions.js';
import { movedMost } from './feature-card.js';
import { ordered } from './features.js';
import { heatMaps, toneOf } from './heat-map.js';
import { notice, page } from './page.js';

const noon = Date.UTC(2026, 6, 1, 12);
const place: Place = { model: 'basket', version: 1, variant: '', window: '1h', order: 'worst' };
const feature = (name: string, more: Partial<Feature> = {}): Feature => ({
  name,
  kind: 'numeric',
  baselineCount: '3000',
  count: '1234',
  missing: '3',
  unseen: '7',
  cumulative: [],
  bins: [
    { label: '< 1', expectedShare: 0.25, actualShare: 0.5 },
    { label: '>= 1', expectedShare: 0.75, actualShare: 0.5 },
  ],
  ...more,
});
const drift: Drift = {
  model: 'basket',
  version: 1,
  variant: '',
  fromMs: String(noon),
  toMs: String(noon + 3_600_000),
  predictions: '2000',
  fallbacks: '100',
  errors: '0',
  state: 'ALERT_STATE_PENDING',
  why: 'size: PSI 0.275',
  features: [
    feature('size', { effect: 2.7, psi: 0.2746, ksLow: 0.2, ksHigh: 0.25, ksAt: 0.99999999, pValue: 0.00001 }),
  ],
};
const performance: Performance = {
  predictions: 1900,
  withOutcome: 0,
  hitsAt5: 0,
  hitRate: null,
  coverage: 0,
  fallback: { predictions: 0, withOutcome: 0, hitsAt5: 0, hitRate: null, coverage: null },
};
const version = {
  version: 1,
  wanted: true,
  known: true,
  hasBaseline: true,
  hasRules: true,
  predictions: 2000,
  oldestPaneMs: noon,
};
const models: ListedModel[] = [{ model: 'basket', versions: [{ ...version, state: 'FIRING', newestPaneMs: noon }] }];
const cell = (more: Partial<DriftCell> = {}): DriftCell => ({ severity: '', enough: true, ...more });
const column = (label: string, cells: DriftCell[], fromMs = noon): DriftColumn => ({
  ...{ label, fromMs: String(fromMs), toMs: String(fromMs + 300_000), predictions: '1000', cells },
});
const byTime: DriftMap = {
  by: 'time',
  features: ['age', 'size'],
  columns: [
    column('2026-07-01 23:55', [
      cell({ effect: 0.2 }),
      cell({ effect: 3.14, psi: 0.31, ksLow: 0.2, severity: 'critical' }),
    ]),
    column('2026-07-02 00:00', [cell(), cell({ effect: 12.4, enough: false })], noon + 43_200_000),
  ],
};
const bySegment: DriftMap = { by: 'segment', features: ['age', 'size'], columns: [column('', [cell(), cell()])] };
const seen = { question: questionOf(place).toString(), drift, performance, maps: [byTime, bySegment] };
const estimate = { value: 0.25, low: 0.1421, high: 0.4019, n: 40 };
const coverage = { predictions: 40, labelled: 10, share: estimate };
const measured: Measured = {
  question: seen.question,
  measures: { document: '', coverage, mature: coverage, measures: { ndcgAt10: estimate } },
  kpis: [{ kpi: 'revenue', kpiVersion: 2, value: 1_234.5678, low: null, high: null, n: 1 }],
  worth: 'basket 1 earns 12 (3 to 21, 95 %) revenue per 1,000 predictions more than the holdout',
  rules: {
    ...{ fromMs: noon, toMs: noon, countedOn: 'holdout', baskets: 1240 },
    rules: Array.from({ length: 11 }, (_, rule) => ({ rule, state: 'dead' as const, says: `milk -> sugar ${rule}` })),
  },
  compared: [
    {
      ...{ version: 1, window: '24h', against: 'champion', variant: '', toMs: noon, predictions: 2000 },
      ...{ expected: { name: 'version 3', predictions: 9 }, state: 'drifted', severity: 'critical', why: 'size moved' },
    },
  ],
  looks: [
    {
      ...{ window: '1h', toMs: noon, revision: 2, predictions: 77 },
      look: { kind: 'insufficient', why: '77 of the 100 it needs' },
    },
  ],
};
const state: State = { place, nowMs: noon, paused: false, answeredAtMs: noon, models, alerts: [], seen };
const textOfPage = (more: Partial<State>) =>
  page({ ...state, ...more })
    .map(textOf)
    .join(' ');
const find = (tree: Tree, tag: string): Tree[] => [
  ...(tree.tag === tag ? [tree] : []),
  ...tree.children.flatMap((child) => (typeof child === 'string' ? [] : find(child, tag))),
];

describe('page()', () => {
  it.each<{ when: string; change: Partial<State>; says: string[] }>([
    { when: 'nothing was answered yet', change: { models: undefined }, says: ['Asking the monitor'] },
    { when: 'there is no model', change: { models: [] }, says: ['No model is known yet', 'vinaigrette models push'] },
    { when: 'the drift is not there yet', change: { seen: undefined }, says: ['version 1', 'Asking the monitor'] },
    {
      when: 'nothing was counted in the window',
      change: { seen: { ...seen, drift: { ...drift, predictions: '0' } } },
      says: ['No prediction in this window', '2026-07-01 12:00 UTC', 'Show the day up to then'],
    },
    {
      when: 'the version has no baseline',
      change: { seen: { ...seen, drift: { ...drift, features: [] } } },
      says: ['Predictions 2,000', 'This version has no baseline'],
    },
    {
      when: 'a feature was measured',
      change: {},
      says: [
        'Predictions 2,000',
        'Fallbacks 100 5.0 % of all',
        'Hit rate@5 – no click or purchase was reported',
        'Large shift',
        'PSI 0.275',
        'KS [0.200, 0.250] farthest apart at 1',
        'p < 0.0001',
        'n 1,234 baseline 3,000',
        'Missing 3',
        'Unseen 7',
        '>= 1 75.0 % 50.0 %',
      ],
    },
    {
      when: 'an alert fires',
      change: {
        alerts: [
          {
            ...{ model: 'basket', version: 1, state: 'ALERT_STATE_FIRING', severity: 'critical' },
            ...{ sinceMs: String(noon - 7_200_000), why: 'size moved', features: ['size'] },
          },
        ],
      },
      says: ['Firing, critical since 2026-07-01 10:00 UTC, 2 hours ago size moved', 'named by the alert'],
    },
  ])('says so when $when', ({ change, says }) => {
    const text = textOfPage(change);
    for (const words of says) expect(text).toContain(words);
  });

  it('shows a range by its own verdict, since it has no alert', () => {
    const range: Place = { ...place, window: { fromMs: noon, toMs: noon + 3_600_000 } };
    const asked = { ...seen, question: questionOf(range).toString() };
    expect(textOfPage({ place: range, seen: asked })).toContain('This window alone Drifted size: PSI 0.275');
    expect(textOfPage({})).not.toContain('This window alone');
  });

  it('tells what is measured beside the drift, of the same question only', () => {
    const text = textOfPage({ measured, done: 'milk -> sugar is hidden by shop 4' });
    for (const words of [
      'By what was clicked or bought: the truth is known of 10 of 40 predictions (25.0 %), and of 10 of 40',
      'NDCG@10 0.25 0.1421 to 0.4019 40',
      'revenue, version 2 1,235 – 1',
      'basket 1 earns 12 (3 to 21, 95 %) revenue per 1,000 predictions more than the holdout',
      'Counted in 1,240 baskets of the holdout',
      'milk -> sugar is hidden by shop 4',
      'Dead milk -> sugar 0 Hide',
      '1 more Dead milk -> sugar 10 Hide',
      'Drifted, critical All variants beside the champion, version 3 the day up to 2026-07-01 12:00 UTC, 2,000',
      'Too little data The hour up to 2026-07-01 12:00 UTC, revision 2 77 predictions. 77 of the 100 it needs',
    ])
      expect(text).toContain(words);
    expect(textOfPage({ measured: { ...measured, question: 'of another window' } })).not.toContain('NDCG');
    const { question, measures } = measured;
    const without = textOfPage({ measured: { question, measures, kpis: [], compared: [], looks: [] } });
    expect(without).toContain('No KPI of this model is in force');
    expect(without).not.toContain('rules still hold');
  });

  it('has a button that names the rule it hides', () => {
    const buttons = page({ ...state, measured }).flatMap((tree) => find(tree, 'button'));
    expect(buttons[2]!.attributes).toMatchObject({
      'data-action': 'hide',
      'data-rule': '2',
      'aria-label': 'Hide: milk -> sugar 2',
    });
  });

  it('never shows the answer to another question as the answer to one that failed', () => {
    const failure = new NoAnswer('gone', '', false);
    const elsewhere: Place = { ...place, window: '24h' };
    expect(textOfPage({ place: elsewhere, failure })).not.toContain('PSI');
    expect(textOfPage({ failure })).toContain('PSI');
    expect(
      notice({ ...state, failure })
        .map(textOf)
        .join(),
    ).toMatch(/gone.*What you see is.*12:00:00.*Try again/);
  });

  it('draws bars in proportion, the longest as long as there is room', () => {
    const widths = page(state)
      .flatMap((tree) => find(tree, 'rect'))
      .map(({ attributes }) => attributes.width);
    expect(widths).toEqual(['33.33', '66.67', '100.00', '66.67']);
  });
});

it('orders features by how far they moved and puts what was not measured last', () => {
  const features = [feature('a', { effect: 0 }), feature('b'), feature('c', { effect: 2 })];
  expect(ordered(features, 'worst').map(({ name }) => name)).toEqual(['c', 'a', 'b']);
  expect(ordered(features, 'baseline')).toEqual(features);
});

it('finds the bins that moved most, up or down', () => {
  const bins = [0.1, 0.5, 0.3, 0].map((actualShare, bin) => ({ label: String(bin), expectedShare: 0.25, actualShare }));
  expect(movedMost(bins, 3).map(({ label }) => label)).toEqual(['1', '3', '0']);
});

it('shows both distributions of a number, and says where they are farthest apart', () => {
  const cumulative = [
    { value: 0, expectedBelow: 0, actualBelow: 0 },
    { value: 1, expectedBelow: 0.25, actualBelow: 0.75 },
    { value: 2, expectedBelow: 1, actualBelow: 1 },
  ];
  const figure = distributions(feature('size', { ksAt: 1, cumulative })) as Tree;
  expect(textOf(figure)).toBe('Farthest apart below 1: 25.0 % of the baseline, 75.0 % of the window');
  expect(find(figure, 'polyline').map(({ attributes }) => attributes.points)).toEqual([
    '0.00,40.00 50.00,30.00 100.00,0.00',
    '0.00,40.00 50.00,10.00 100.00,0.00',
  ]);
  expect(find(figure, 'line')[0]!.attributes).toMatchObject({ x1: '50.00', y1: '30.00', y2: '10.00' });
  const same = cumulative.map((point) => ({ ...point, actualBelow: point.expectedBelow }));
  expect(textOf(distributions(feature('size', { ksAt: 1, cumulative: same })) as Tree)).toBe('Nowhere apart');
  expect(distributions(feature('city', { kind: 'categorical' }))).toBe(false);
});

describe('a heat map', () => {
  const maps = (more: DriftMap[] = [byTime, bySegment], pointed?: State['pointed']) =>
    heatMaps(more, ['size', 'age'], place, pointed);
  const cells = (tree: Tree) => find(tree, 'td').filter(({ attributes }) => attributes.role === 'gridcell');

  it.each<[Partial<DriftCell>, string]>([
    [{}, 'none'],
    [{ effect: 3, enough: false }, 'few'],
    [{ effect: 0.49 }, 'calm'],
    [{ effect: 0.5 }, 'near'],
    [{ effect: 3 }, 'near'],
    [{ effect: 1, severity: 'warning' }, 'warning'],
    [{ effect: 3, severity: 'critical' }, 'critical'],
  ])('shows %j as %s', (given, tone) => expect(toneOf(cell(given))).toBe(tone));

  it('has a row a feature in the order of the page, and a column a part of the range', () => {
    const map = find(maps(), 'table')[0] as Tree;
    expect(find(map, 'tr').map(textOf)).toEqual(['Feature 07-01 23:55 07-02 00:00', 'size 3.1 12', 'age 0.2 –']);
    expect(cells(map).map(({ attributes }) => attributes['aria-label'])).toEqual([
      '3.14 times its floor, critical, PSI 0.310, KS at least 0.200',
      '12.40 times its floor, too few to judge',
      '0.20 times its floor, no warning',
      'not measured',
    ]);
  });

  it('shows segments when there are any', () => {
    expect(find(maps(), 'table')).toHaveLength(1);
    const two = { ...bySegment, columns: [...bySegment.columns, column('country=de', [cell(), cell({ effect: 1 })])] };
    const [, map] = find(maps([byTime, two]), 'table');
    expect(find(map as Tree, 'th').map(textOf)).toEqual(['Feature', 'All', 'country=de', 'size', 'age']);
  });

  it('reads out the cell that is pointed at, which the Tab key comes back to', () => {
    const stops = (tree: Tree) => cells(tree).map(({ attributes }) => Number(attributes.tabindex));
    expect(stops(maps())).toEqual([0, -1, -1, -1]);
    const pointed = maps(undefined, { by: 'time', feature: 'age', column: '2026-07-02 00:00' });
    expect(stops(pointed)).toEqual([-1, -1, -1, 0]);
    expect(textOf(pointed)).toContain('age , 2026-07-02 00:00 to 00:05: not measured; of 1,000 predictions.');
    expect(find(pointed, 'a')[0]!.attributes.href).toBe(
      '?model=basket&version=1&from=2026-07-02T00:00Z&to=2026-07-02T00:05Z',
    );
    // What was pointed at may be gone with the next answer.
    expect(stops(maps(undefined, { by: 'time', feature: 'age', column: 'gone' }))).toEqual([0, -1, -1, -1]);
  });
});
