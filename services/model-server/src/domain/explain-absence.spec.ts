import { describe, expect, it } from '@jest/globals';
import { Problem } from '@vinaigrette/problems';
import { explainAbsence, type JudgedVersion } from './explain-absence.js';
import type { WantedModel } from './plan-versions.js';

const [one, two] = [1, 2].map((number) => ({ model: 'basket', number, digest: 'a' })) as [
  JudgedVersion['version'],
  JudgedVersion['version'],
];
const wanted: WantedModel[] = [
  { name: 'basket', aliases: { champion: 1, canary: 2, lost: 9 }, defaultAlias: 'champion', versions: [one, two] },
];
const held: JudgedVersion[] = [
  { version: one, state: 'loading' },
  { version: two, state: 'quarantined', problem: new Problem('GOLDEN_MISMATCH', 'example 3 is answered otherwise') },
];

describe('explainAbsence()', () => {
  it.each([
    { model: 'baskets', name: '', code: 'MODEL_NOT_FOUND', says: 'There is no model "baskets"' },
    {
      model: 'basket',
      name: '3',
      code: 'VERSION_NOT_FOUND',
      says: 'There is no basket "3"; this server has 1, 2, champion, canary, lost',
    },
    { model: 'basket', name: '', code: 'MODEL_NOT_READY', says: 'basket champion is still loading' },
    {
      model: 'basket',
      name: '2',
      code: 'VERSION_QUARANTINED',
      says: 'basket "2" is not served: [GOLDEN_MISMATCH] example 3 is answered otherwise',
    },
    {
      model: 'basket',
      name: 'canary',
      code: 'VERSION_QUARANTINED',
      says: 'basket "canary" is not served: [GOLDEN_MISMATCH] example 3 is answered otherwise',
    },
    {
      model: 'basket',
      name: 'lost',
      code: 'VERSION_NOT_FOUND',
      says: 'basket "lost" points to a version that this server was not given',
    },
  ])('$model "$name": $code', ({ model, name, code, says }) => {
    expect(explainAbsence(wanted, held, model, name)).toMatchObject({ code, message: says });
  });

  it('quotes no more than a line of what a caller wrote', () => {
    expect(explainAbsence(wanted, held, 'x'.repeat(1_000_000), '').message.length).toBeLessThan(100);
  });
});
