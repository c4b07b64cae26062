import { describe, expect, it } from '@jest/globals';
import { parseLineage } from './lineage.js';

const whole = {
  format: 1,
  data: [{ name: 'sales', digest: 'a'.repeat(64), rows: 12 }],
  pipeline: { digest: 'b'.repeat(64) },
  code: { commit: '5f42eb9', changed: true },
  command: ['npx', 'vinaigrette-basket', 'train', '--input', '{data}', '--out', '{out}'],
  parameters: { minSupport: 0.01, window: null, segments: ['country'] },
  metrics: { hitRateAt5: 0.13 },
  segments: [{ segment: 'country=DE', rows: 4, metrics: { hitRateAt5: 0.2 } }],
  environment: { node: '20.20.2' },
  image: 'trainer@sha256:0',
  chart: 'vinaigrette-1.2.0',
  parent: { model: 'basket', version: 2 },
  parentRun: 'f00',
  validatedWith: [{ kind: 'rule-set', name: 'shop', version: 3 }],
};

describe('lineage.json', () => {
  it('says where a version comes from', () => {
    expect(parseLineage(whole)).toEqual(whole);
  });

  it('may leave out whatever nobody knows', () => {
    expect(parseLineage({ format: 1 })).toEqual({
      format: 1,
      data: [],
      command: [],
      parameters: {},
      metrics: {},
      segments: [],
      environment: {},
      validatedWith: [],
    });
  });

  it.each([
    ['no format', {}, 'format'],
    ['a field of its own', { format: 1, colour: 'red' }, undefined],
    ['data without a digest', { format: 1, data: [{ name: 'sales' }] }, 'data.0.digest'],
    ['a commit that is none', { format: 1, code: { commit: 'main' } }, 'code.commit'],
    ['a metric that is no number', { format: 1, metrics: { recall: 'good' } }, 'metrics.recall'],
    [
      'a document of no version',
      { format: 1, validatedWith: [{ kind: 'rule-set', name: 'shop', version: 0 }] },
      'validatedWith.0.version',
    ],
  ])('with %s is refused', (_, json, field) => {
    expect(() => parseLineage(json)).toThrow(expect.objectContaining({ code: 'LINEAGE_INVALID', field }));
  });
});
