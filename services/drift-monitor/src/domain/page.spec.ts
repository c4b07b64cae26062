import { describe, expect, it } from '@jest/globals';
import { driftPage } from './drift-page.js';
import { annotationsOf, labelsOf, turnPage, type Page, type PageContent } from './page.js';

const subject = { id: 'new', name: 'FeatureDrift', model: 'basket', version: 3 } as const;
const content = (severity: 'warning' | 'critical', summary = 'it drifts'): PageContent => {
  return { severity, summary, description: 'why', details: {} };
};
const open: Page = { ...subject, id: 'old', ...content('warning'), sinceMs: 1_000 };
const when = { sinceMs: 1_000, nowMs: 9_000 };

describe('turnPage()', () => {
  it.each([
    { what: 'nothing, when nothing is wrong', before: undefined, after: undefined, turn: {} },
    {
      what: 'an opened page',
      before: undefined,
      after: content('warning'),
      turn: { opened: { id: 'new', severity: 'warning', sinceMs: 1_000 } },
    },
    {
      what: 'a closed page, when it is over',
      before: open,
      after: undefined,
      turn: { closed: { id: 'old', endedMs: 9_000 } },
    },
    {
      what: 'a renewed text',
      before: open,
      after: content('warning', 'worse'),
      turn: { renewed: { id: 'old', summary: 'worse' } },
    },
    {
      what: 'another page, when it becomes graver',
      before: open,
      after: content('critical'),
      turn: { closed: { id: 'old', endedMs: 9_000 }, opened: { id: 'new', severity: 'critical' } },
    },
    {
      what: 'the same page, when it becomes milder',
      before: { ...open, severity: 'critical' as const },
      after: content('warning', 'better'),
      turn: { renewed: { id: 'old', severity: 'critical', summary: 'better' } },
    },
  ])('is $what', ({ before, after, turn }) => {
    const turned = turnPage(subject, before, after, when);
    expect(turned).toMatchObject(turn);
    expect(Object.keys(turned).sort()).toEqual(Object.keys(turn).sort());
  });
});

describe('a page', () => {
  const verdict = { state: 'FIRING', why: '1h: age drifted', severity: 'critical', features: ['age'] } as const;
  const bins = [{ label: '[40, 50)', expectedShare: 0.1, actualShare: 0.3125 }];
  const finding = {
    window: '1h',
    segment: '',
    feature: 'age',
    measure: 'shape',
    severity: 'critical',
    effect: 3,
    qValue: 0.0004,
    psi: 0.31,
    ks: { low: 0.212, high: 0.213, at: 45 },
    rows: 1_200,
    bins,
  } as const;
  const findings = [
    { ...finding, bins },
    { ...finding, bins: [], segment: 'country=de', ks: { low: 0.5, high: 0.5, at: 1 } },
  ];
  const page: Page = { ...subject, ...driftPage('basket', 3, { ...verdict, features: ['age'] }, findings), sinceMs: 0 };

  it('holds the guilty features, bins and segments, since when, and where to go', () => {
    expect(annotationsOf(page, { consoleUrl: 'http://console', runbookUrl: 'http://runbooks' })).toEqual({
      summary: 'basket 3 no longer sees what it was trained on: age',
      description: '1h: age drifted',
      since: '1970-01-01T00:00:00.000Z',
      features:
        'age (1h): PSI 0.310, KS 0.212 at 45, q 0.00040, n 1200; [40, 50) 10 % -> 31 %\n' +
        'age (1h, country=de): PSI 0.310, KS 0.500 at 1, q 0.00040, n 1200',
      segments: 'country=de',
      dashboard_url: 'http://console/?model=basket&version=3',
      runbook_url: 'http://runbooks/FeatureDrift.md',
    });
  });

  it('has no figure and no time among its labels, which are its identity', () => {
    expect(labelsOf(page)).toEqual({
      alertname: 'FeatureDrift',
      service: 'drift-monitor',
      model: 'basket',
      model_version: '3',
      severity: 'critical',
    });
  });

  it('tells ten findings, and how many more there are', () => {
    const many = Array.from({ length: 12 }, () => findings[0]!);
    const { details } = driftPage('basket', 3, { ...verdict, features: ['age'] }, many);
    expect(details.features!.split('\n')).toHaveLength(11);
    expect(details.features).toMatch(/and 2 more$/);
  });
});
