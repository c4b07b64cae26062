import { describe, expect, it } from '@jest/globals';
import type { PerformancePolicy } from '@vinaigrette/documents';
import { judgeAnswers, judgeSegments, type JudgedRow } from './judge-answers.js';

type Task = PerformancePolicy['task'];
const row = (truth: Partial<JudgedRow['truth']>, answer: JudgedRow['answer'], segments: string[] = []): JudgedRow => ({
  segments,
  truth: { number: null, text: '', skus: [], ...truth },
  answer,
});

const charges: Task = { kind: 'regression', output: 'charges' };
const label: Task = { kind: 'classification', output: 'label' };
const score: Task = { kind: 'classification', score: { output: 'p', index: 1, positive: '1' } };
const ranking: Task = { kind: 'ranking', kinds: ['purchased'] };

describe('numbers reached on a validation set', () => {
  it('of a regression: by hand', () => {
    const rows = [3, 5, 10].map((y, at) => row({ number: y }, { charges: [[4, 5, 8][at] as number] }));
    const { metrics } = judgeAnswers(charges, [...rows, row({}, { charges: [9] })], '');
    expect(metrics).toMatchObject({ mae: 1, bias: -1 / 3 });
    expect(metrics['rmse']).toBeCloseTo(Math.sqrt(5 / 3), 12);
    expect(judgeAnswers(charges, rows, '').rows).toBe(3);
  });

  it('of classes: the share that was right, also where a class was told as a number', () => {
    const rows = [
      row({ text: 'ham' }, { label: ['ham'] }),
      row({ text: 'spam' }, { label: ['ham'] }),
      row({ number: 1 }, { label: [1] }),
      row({}, { label: ['ham'] }),
    ];
    expect(judgeAnswers(label, rows, '')).toEqual({ rows: 3, metrics: { accuracy: 2 / 3 } });
  });

  it('of a score: one half decides, and the losses are those of the share', () => {
    const rows = [row({ text: '1' }, { p: [0.2, 0.8] }), row({ text: '0' }, { p: [0.5, 0.5] })];
    const { metrics } = judgeAnswers(score, rows, '');
    expect(metrics['accuracy']).toBe(0.5);
    expect(metrics['logLoss']).toBeCloseTo((-Math.log(0.8) - Math.log(0.5)) / 2, 12);
    expect(metrics['brier']).toBeCloseTo((0.04 + 0.25) / 2, 12);
  });

  it('of a ranking: hits, reciprocal ranks and gains by hand', () => {
    const rows = [
      row({ skus: ['b', 'x'] }, { skus: ['a', 'b', ''] }),
      row({ skus: ['z'] }, { skus: ['a', 'b', 'c'] }),
      row({ skus: [] }, { skus: ['a'] }),
    ];
    const { rows: judged, metrics } = judgeAnswers(ranking, rows, 'skus');
    expect(judged).toBe(2);
    expect(metrics).toMatchObject({ hitRateAt1: 0, hitRateAt5: 0.5, mrr: 0.25 });
    expect(metrics['ndcgAt10']).toBeCloseTo(1 / Math.log2(3) / (1 + 1 / Math.log2(3)) / 2, 12);
  });

  it('of each sub-population that has labels', () => {
    const rows = [
      row({ number: 1 }, { charges: [2] }, ['market=de', 'smoker=yes']),
      row({ number: 1 }, { charges: [1] }, ['market=de']),
      row({}, { charges: [1] }, ['market=at']),
    ];
    expect(judgeSegments(charges, rows, '')).toEqual([
      expect.objectContaining({ segment: 'market=de', rows: 2, metrics: expect.objectContaining({ mae: 0.5 }) }),
      expect.objectContaining({ segment: 'smoker=yes', rows: 1, metrics: expect.objectContaining({ mae: 1 }) }),
    ]);
  });

  it('says nothing of nothing', () => {
    expect(judgeAnswers(charges, [], '')).toEqual({ rows: 0, metrics: {} });
  });
});
