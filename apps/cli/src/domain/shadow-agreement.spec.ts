import { describe, expect, it } from '@jest/globals';
import { agreementOf, type Comparison, type ShadowedAnswer } from './shadow-agreement.js';

const regression: Comparison = { task: { kind: 'regression', output: 'y' }, ranking: '', within: 0.1 };
const label: Comparison = { task: { kind: 'classification', output: 'label' }, ranking: '', within: 0 };
const score: Comparison = {
  task: { kind: 'classification', score: { output: 'p', index: 1, positive: 'fraud' } },
  ranking: '',
  within: 0,
};
const ranking: Comparison = { task: { kind: 'ranking', kinds: ['clicked'] }, ranking: 'skus', within: 0 };

describe('the agreement of a shadow', () => {
  it.each<Omit<ShadowedAnswer, 'segments'> & { what: string; comparison: Comparison; agreement: number }>([
    { what: 'the same number', comparison: regression, returned: { y: [10] }, shadow: { y: [10] }, agreement: 1 },
    {
      what: 'a number within 10 %',
      comparison: regression,
      returned: { y: [-10] },
      shadow: { y: [-11] },
      agreement: 1,
    },
    { what: 'a number beyond it', comparison: regression, returned: { y: [10] }, shadow: { y: [11.01] }, agreement: 0 },
    { what: 'another than nothing', comparison: regression, returned: { y: [0] }, shadow: { y: [0.1] }, agreement: 0 },
    { what: 'no number', comparison: regression, returned: { y: [10] }, shadow: { y: ['NaN'] }, agreement: 0 },
    { what: 'no answer', comparison: regression, returned: { y: [10] }, shadow: {}, agreement: 0 },
    { what: 'the same class', comparison: label, returned: { label: ['a'] }, shadow: { label: ['a'] }, agreement: 1 },
    { what: 'another class', comparison: label, returned: { label: ['a'] }, shadow: { label: ['b'] }, agreement: 0 },
    { what: 'the same side', comparison: score, returned: { p: [0.4, 0.6] }, shadow: { p: [0, 1] }, agreement: 1 },
    { what: 'the other side', comparison: score, returned: { p: [0.4, 0.6] }, shadow: { p: [1, 0] }, agreement: 0 },
    {
      what: 'the same first',
      comparison: ranking,
      returned: { skus: ['a', 'b'] },
      shadow: { skus: ['a', ''] },
      agreement: 1,
    },
    {
      what: 'another first',
      comparison: ranking,
      returned: { skus: ['a', 'b'] },
      shadow: { skus: ['b', 'a'] },
      agreement: 0,
    },
    { what: 'nothing, twice', comparison: ranking, returned: { skus: [''] }, shadow: { skus: [] }, agreement: 1 },
  ])('is $agreement for $what', ({ comparison, returned, shadow, agreement }) => {
    const answers = [{ segments: [], returned, shadow }];
    expect(agreementOf(answers, comparison)).toEqual({ rows: 1, metrics: { agreement }, segments: [] });
  });

  it('is told whole, and of each sub-population', () => {
    const answer = (segments: string[], shadow: number) => ({
      segments,
      returned: { y: [10] },
      shadow: { y: [shadow] },
    });
    const answers = [answer(['market=de'], 10), answer(['market=de', 'age=old'], 20), answer([], 10), answer([], 10)];
    expect(agreementOf(answers, regression)).toEqual({
      rows: 4,
      metrics: { agreement: 0.75 },
      segments: [
        { segment: 'age=old', rows: 1, metrics: { agreement: 0 } },
        { segment: 'market=de', rows: 2, metrics: { agreement: 0.5 } },
      ],
    });
  });

  it('is not known of no answers', () => expect(agreementOf([], regression)).toBeUndefined());
});
