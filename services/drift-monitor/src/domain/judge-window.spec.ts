import { describe, expect, it } from '@jest/globals';
import type { FeatureDrift } from '@vinaigrette/drift';
import { parseDocument } from '@vinaigrette/documents';
import { judgeWindow, testKey } from './judge-window.js';

interface Seen {
  psi: number | undefined;
  ks?: number;
  pValue?: number;
  n?: number;
  baseline?: number;
  name?: string;
  missing?: number;
  unseen?: number;
  kind?: FeatureDrift['kind'];
}
const feature = (seen: Seen): FeatureDrift => {
  const { psi, ks = 0, pValue = 0, n = 1_000, baseline = 100_000, name = 'x', kind = 'numeric' } = seen;
  const share = (actual: number) => ({ expected: 0, actual, pValue: actual > 0 ? 0 : 1 });
  return {
    ...{ name, kind, baselineCount: baseline, count: n, missing: 0, unseen: 0 },
    independent: { baseline, window: n },
    missingShare: share(seen.missing ?? 0),
    unseenShare: share(seen.unseen ?? 0),
    measured: {
      ...(psi === undefined ? {} : { psi }),
      ...(kind === 'numeric' ? { ks: { low: ks, high: ks, at: 1 } } : {}),
      ...{ pValue, chiSquare: { statistic: 0, degreesOfFreedom: 1, pValue }, jensenShannon: 0, lInfinity: ks },
    },
    bins: Array.from({ length: 10 }, (_, bin) => ({ label: String(bin), expectedShare: 0.1, actualShare: 0.1 })),
  };
};
const whole = (...features: FeatureDrift[]) => [{ segment: '', features }];

describe('judgeWindow()', () => {
  it.each([
    { what: 'no prediction', features: [feature({ psi: 1 })], predictions: 0, kind: 'no-data' },
    { what: 'no baseline', features: undefined, predictions: 5, kind: 'no-baseline' },
    { what: 'too few rows', features: [feature({ psi: 1, n: 100 })], predictions: 100, kind: 'insufficient' },
    {
      what: 'a baseline too small',
      features: [feature({ psi: 1, baseline: 50 })],
      predictions: 1_000,
      kind: 'insufficient',
    },
    {
      what: 'a small effect in many rows',
      features: [feature({ psi: 0.06, ks: 0.05, n: 1e6 })],
      predictions: 1e6,
      kind: 'clear',
    },
    {
      what: 'an effect under its floor, not under 0.7 of it',
      features: [feature({ psi: 0.08 })],
      predictions: 1_000,
      kind: 'lingering',
    },
    {
      what: 'a large effect that may be chance',
      features: [feature({ psi: 0.2, pValue: 0.002 })],
      predictions: 1_000,
      kind: 'lingering',
    },
    {
      what: 'a PSI of 0.1',
      features: [feature({ psi: 0.1 })],
      predictions: 1_000,
      kind: 'drifted',
      severity: 'warning',
    },
    {
      what: 'a PSI of 0.25',
      features: [feature({ psi: 0.25 })],
      predictions: 1_000,
      kind: 'drifted',
      severity: 'critical',
    },
    {
      what: 'a KS of 0.08 and a PSI of 0.06',
      features: [feature({ psi: 0.06, ks: 0.08 })],
      predictions: 1_000,
      kind: 'drifted',
      severity: 'warning',
    },
    {
      what: 'a constant of which 5 % moved',
      features: [feature({ psi: undefined, ks: 0.05 })],
      predictions: 1_000,
      kind: 'clear',
    },
    {
      what: 'a constant of which 8 % moved',
      features: [feature({ psi: undefined, ks: 0.08 })],
      predictions: 1_000,
      kind: 'drifted',
      severity: 'warning',
    },
    {
      what: 'numbers of which 15 % are missing',
      features: [feature({ psi: 0, missing: 0.15 })],
      predictions: 1_000,
      kind: 'drifted',
      severity: 'warning',
    },
    {
      what: 'categories of which 40 % were never met',
      features: [feature({ psi: 0, kind: 'categorical', unseen: 0.4 })],
      predictions: 1_000,
      kind: 'drifted',
      severity: 'critical',
    },
    {
      what: 'a KS of 0.2',
      features: [feature({ psi: 0.06, ks: 0.2 })],
      predictions: 1_000,
      kind: 'drifted',
      severity: 'critical',
    },
  ])('calls $what $kind', ({ features, predictions, kind, severity }) => {
    const { look } = judgeWindow(features && whole(...features), predictions);
    expect(look.kind).toBe(kind);
    if (look.kind === 'drifted') expect(look.severity).toBe(severity);
    expect(look.why).not.toBe('');
  });

  it('corrects for the number of features: one p of 0.0004 among twenty is chance', () => {
    const quiet = Array.from({ length: 19 }, (_, i) => feature({ psi: 0.01, pValue: 0.5, name: `quiet ${i}` }));
    const guilty = feature({ psi: 0.3, pValue: 0.0004, name: 'guilty' });
    expect(judgeWindow(whole(guilty), 1_000).look.kind).toBe('drifted');
    expect(judgeWindow(whole(guilty, ...quiet), 1_000).look.kind).toBe('lingering');
  });

  it('says nothing good when most features hold too few rows, and tells bad news all the same', () => {
    const few = [1, 2].map((i) => feature({ psi: 0, n: 20, name: `few ${i}` }));
    expect(judgeWindow(whole(...few, feature({ psi: 0.01 })), 1_000).look).toMatchObject({
      kind: 'insufficient',
      why: '2 of 3 features have too few observations: few 1 has 20 of the 170 it needs',
    });
    expect(judgeWindow(whole(...few, feature({ psi: 0.3 })), 1_000).look.kind).toBe('drifted');
    expect(judgeWindow(whole(few[0]!, feature({ psi: 0.01 })), 1_000).look.kind).toBe('clear');
  });

  it('names the guilty features, the worst first, and judges without those that have too few rows', () => {
    const features = [
      feature({ psi: 0.12, name: 'mild' }),
      feature({ psi: 0.5, name: 'few', n: 20 }),
      feature({ psi: 0.4, name: 'bad' }),
      feature({ psi: 0.01, name: 'fine' }),
    ];
    const { look, judged } = judgeWindow(whole(...features), 1_000);
    expect(look).toMatchObject({ kind: 'drifted', severity: 'critical', features: ['bad', 'mild'] });
    expect(judged.find(({ name }) => name === 'few')!.qValue).toBeUndefined();
  });

  it('judges segments beside the whole, and names the one that drifts', () => {
    const segments = [
      ...whole(feature({ psi: 0.02, name: 'age' })),
      { segment: 'country=de', features: [feature({ psi: 0.4, name: 'age' })] },
      { segment: 'country=fr', features: [feature({ psi: 0.9, name: 'age', n: 20 })] },
    ];
    const { look, judged } = judgeWindow(segments, 1_000);
    expect(look).toMatchObject({ kind: 'drifted', features: ['age'] });
    expect(look.why).toMatch(/^age of country=de: PSI 0.400/);
    expect(judged.filter(({ severity }) => severity).map(({ segment }) => segment)).toEqual(['country=de']);
  });

  it.each([
    { what: 'a floor of its own', policy: { features: { x: { psi: { warning: 0.5, critical: 1 } } } }, kind: 'clear' },
    { what: 'a feature that is ignored', policy: { features: { x: { ignore: true } } }, kind: 'insufficient' },
    {
      what: 'a stricter floor',
      policy: { psi: { warning: 0.1, critical: 0.12 } },
      kind: 'drifted',
      severity: 'critical',
    },
    { what: 'what the baseline learnt', policy: { thresholds: 'learned' }, kind: 'clear' },
  ])('follows a policy with $what', ({ policy, kind, severity }) => {
    const learned = { method: 'mean-plus-3-sd' as const, chunks: 10, features: { x: { psi: 0.4, ks: 0.3 } } };
    const segments = whole(feature({ psi: 0.13, ks: 0.01 }));
    const { look } = judgeWindow(segments, 1_000, parseDocument('drift-policy', policy), { learned });
    expect(look).toMatchObject({ kind, ...(severity ? { severity } : {}) });
  });

  it('lets go what is excused, and nothing else', () => {
    const segments = whole(feature({ psi: 0.3, name: 'habit' }), feature({ psi: 0.3, name: 'news' }));
    const { look } = judgeWindow(segments, 1_000, undefined, { excused: new Set([testKey('', 'habit')]) });
    expect(look).toMatchObject({ kind: 'drifted', features: ['news'] });
  });
});
