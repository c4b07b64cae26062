import { describe, expect, it } from '@jest/globals';
import { labelRow, readLabels, whyLabel } from './label.js';

describe('readLabels()', () => {
  it.each([
    { what: 'no label', body: { labels: [] }, field: 'labels' },
    { what: 'a label that says nothing', body: { labels: [{ predictionId: 'p' }] }, field: 'labels.0' },
    { what: 'an empty text alone', body: { labels: [{ predictionId: 'p', text: '' }] }, field: 'labels.0' },
    { what: 'no prediction', body: { labels: [{ predictionId: '', number: 1 }] }, field: 'labels.0.predictionId' },
    { what: 'a field nobody knows', body: { labels: [{ predictionId: 'p', number: 1, x: 1 }] }, field: 'labels.0' },
    { what: 'NaN', body: { labels: [{ predictionId: 'p', number: NaN }] }, field: 'labels.0.number' },
  ])('refuses $what', ({ body, field }) => {
    expect(() => readLabels(body)).toThrow(expect.objectContaining({ code: 'BODY_INVALID', field }));
  });

  it('takes a number or a text', () => {
    const labels = [
      { predictionId: 'a', number: 0 },
      { predictionId: 'b', text: 'yes' },
    ];
    expect(readLabels({ labels })).toEqual({ labels, source: '' });
  });
});

describe('labelRow()', () => {
  const one = { predictionId: 'p', number: 3 };

  it('is the same outcome when it comes again, and another when anything of it differs', () => {
    const id = (label: typeof one & { labelledAtMs?: number }, source: string, nowMs: number) =>
      labelRow(label, source, nowMs).values.outcome_id;
    expect(id(one, 'ann', 1)).toBe(id(one, 'ann', 2));
    const others = [id({ ...one, number: 4 }, 'ann', 1), id(one, 'bob', 1), id({ ...one, labelledAtMs: 5 }, 'ann', 1)];
    expect(new Set([id(one, 'ann', 1), ...others]).size).toBe(4);
  });
});

describe('whyLabel()', () => {
  it.each([
    { uncertainty: 0.9, segments: ['country=de'], why: 'country=de has drifted; the model is unsure' },
    { uncertainty: 0.1, segments: ['country=de'], why: 'country=de has drifted' },
    { uncertainty: 0.1, segments: [], why: 'drawn at random' },
    { uncertainty: null, segments: [], why: 'drawn at random' },
  ])('is "$why"', ({ uncertainty, segments, why }) => {
    expect(whyLabel(uncertainty, segments)).toBe(why);
  });
});
