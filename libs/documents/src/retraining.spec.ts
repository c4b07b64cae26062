import { describe, expect, it } from '@jest/globals';
import { parseDocument } from './parse-document.js';

const DAY_MS = 86_400_000;

describe('a retraining document', () => {
  it('says by itself all but the model', () => {
    expect(parseDocument('retraining', { model: 'basket' })).toEqual({
      model: 'basket',
      pages: ['FeatureDrift', 'PerformanceDrop'],
      labelledMin: 500,
      cooldownMs: DAY_MS,
      window: { lengthMs: 90 * DAY_MS, evaluationMs: 7 * DAY_MS },
      parameters: {},
      rollout: { stepsBps: [], stepMs: 600_000, samplesMin: 100 },
    });
  });

  it.each([
    ['model', {}],
    ['window.evaluationMs', { model: 'basket', window: { lengthMs: 5, evaluationMs: 5 } }],
    ['pages[0]', { model: 'basket', pages: ['NoData'] }],
    ['command', { model: 'basket', command: 'rm -rf /' }],
    ['retrainEveryMs', { model: 'basket', retrainEveryMs: 0 }],
  ])('is refused at %s', (field, body) => {
    expect(() => parseDocument('retraining', body)).toThrow(`at ${field}:`);
  });
});
