import { describe, expect, it } from '@jest/globals';
import type { FeatureDrift } from '@vinaigrette/drift';
import { judgeWindow } from './judge-window.js';

interface Seen {
  psi: number;
  ks?: number;
  pValue?: number;
  n?: number;
  baseline?: number;
  name?: string;
}
const feature = ({ psi, ks = 0, pValue = 0, n = 1_000, baseline = 100_000, name = 'x' }: Seen): FeatureDrift => ({
  name,
  kind: 'numeric',
  baselineCount: baseline,
  count: n,
  missing: 0,
  unseen: 0,
  independent: { baseline, window: n },
  measured: { psi, ks: { low: ks, high: ks, at: 1 }, pValue },
  bins: Array.from({ length: 10 }, (_, bin) => ({ label: String(bin), expectedShare: 0.1, actualShare: 0.1 })),
});

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
      features: [feature({ psi: 0.2, pValue: 0.06 })],
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
      what: 'a KS of 0.2',
      features: [feature({ psi: 0.06, ks: 0.2 })],
      predictions: 1_000,
      kind: 'drifted',
      severity: 'critical',
    },
  ])('calls $what $kind', ({ features, predictions, kind, severity }) => {
    const { look } = judgeWindow(features, predictions);
    expect(look.kind).toBe(kind);
    if (look.kind === 'drifted') expect(look.severity).toBe(severity);
    expect(look.why).not.toBe('');
  });

  it('corrects for the number of features: one p of 0.03 among twenty is chance', () => {
    const quiet = Array.from({ length: 19 }, (_, i) => feature({ psi: 0.01, pValue: 0.5, name: `quiet ${i}` }));
    const guilty = feature({ psi: 0.3, pValue: 0.03, name: 'guilty' });
    expect(judgeWindow([guilty], 1_000).look.kind).toBe('drifted');
    expect(judgeWindow([guilty, ...quiet], 1_000).look.kind).toBe('lingering');
  });

  it('says nothing good when most features hold too few rows, and tells bad news all the same', () => {
    const few = [1, 2].map((i) => feature({ psi: 0, n: 20, name: `few ${i}` }));
    expect(judgeWindow([...few, feature({ psi: 0.01 })], 1_000).look).toMatchObject({
      kind: 'insufficient',
      why: '2 of 3 features have too few observations: few 1 has 20 of the 170 it needs',
    });
    expect(judgeWindow([...few, feature({ psi: 0.3 })], 1_000).look.kind).toBe('drifted');
    expect(judgeWindow([few[0]!, feature({ psi: 0.01 })], 1_000).look.kind).toBe('clear');
  });

  it('names the guilty features, the worst first, and judges without those that have too few rows', () => {
    const features = [
      feature({ psi: 0.12, name: 'mild' }),
      feature({ psi: 0.5, name: 'few', n: 20 }),
      feature({ psi: 0.4, name: 'bad' }),
      feature({ psi: 0.01, name: 'fine' }),
    ];
    const { look, judged } = judgeWindow(features, 1_000);
    expect(look).toMatchObject({ kind: 'drifted', severity: 'critical', features: ['bad', 'mild'] });
    expect(judged.find(({ name }) => name === 'few')!.qValue).toBeUndefined();
  });
});
