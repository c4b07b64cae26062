import { describe, expect, it } from '@jest/globals';
import { parseDocument } from './parse-document.js';

describe('a drift policy', () => {
  it('needs to say nothing', () => {
    expect(parseDocument('drift-policy', {})).toEqual({
      ...{ q: 0.001, psi: { warning: 0.1, critical: 0.25 }, ks: { warning: 0.08, critical: 0.2 } },
      ...{ missing: { warning: 0.1, critical: 0.3 }, unseen: { warning: 0.1, critical: 0.3 } },
      ...{ thresholds: 'fixed', features: {}, fire: { drifted: 3, of: 4 }, clear: 2, clearShare: 0.7, season: 'tell' },
    });
  });

  it.each([
    {
      what: 'a critical floor below the warning',
      json: { psi: { warning: 0.2, critical: 0.1 } },
      field: 'psi.critical',
    },
    { what: 'more drifted looks than looks', json: { fire: { drifted: 5, of: 4 } }, field: 'fire.drifted' },
    {
      what: 'half a floor of a feature',
      json: { features: { age: { ks: { warning: 0.1 } } } },
      field: 'features.age.ks.critical',
    },
    { what: 'a field nobody knows', json: { maxAge: 90 }, field: 'maxAge' },
    { what: 'a certainty', json: { q: 0 }, field: 'q' },
  ])('refuses $what', ({ json, field }) => {
    expect(() => parseDocument('drift-policy', json)).toThrow(
      expect.objectContaining({ code: 'DOCUMENT_INVALID', field }),
    );
  });
});
