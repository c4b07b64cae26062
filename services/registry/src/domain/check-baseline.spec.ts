import { describe, expect, it } from '@jest/globals';
import { buildBaseline, type FeatureDefinition } from '@vinaigrette/drift';
import type { LoggedColumn } from '@vinaigrette/signature';
import { checkBaseline } from './check-baseline.js';

const logged: LoggedColumn[] = [
  { name: 'items', role: 'input', datatype: 'BYTES', list: true, first: 1_000 },
  { name: 'age', role: 'input', datatype: 'INT64', list: false },
  { name: 'confidence', role: 'output', datatype: 'FP32', list: true, first: 10 },
];
const rows = Array.from({ length: 30 }, (_, age) => ({
  items: ['milk', `p${age}`],
  age: [age],
  confidence: [age / 30],
}));
const size: FeatureDefinition = { name: 'size', kind: 'numeric', from: { kind: 'length', tensor: 'items' } };
const age: FeatureDefinition = { name: 'age', kind: 'numeric', from: { kind: 'value', tensor: 'age' } };
const top: FeatureDefinition = { name: 'top', kind: 'numeric', from: { kind: 'first', tensor: 'confidence' } };
const items: FeatureDefinition = { name: 'items', kind: 'items', from: { kind: 'values', tensor: 'items' } };

describe('checkBaseline()', () => {
  it('takes features of what is logged', () => {
    expect(() => checkBaseline(buildBaseline([size, age, top, items], rows), logged)).not.toThrow();
  });

  it.each([
    { what: 'a tensor that is not logged', field: 'features[1].from', columns: [logged[0], logged[2]] },
    {
      what: 'text where a number is wanted',
      field: 'features[2].from',
      columns: [logged[0], logged[1], { ...logged[2], datatype: 'BYTES' }],
    },
    {
      what: 'a list where one value is wanted',
      field: 'features[1].from',
      columns: [logged[0], { ...logged[1], list: true }, logged[2]],
    },
  ])('refuses $what', ({ columns, field }) => {
    const baseline = buildBaseline([size, age, top, items], rows);
    expect(() => checkBaseline(baseline, columns as LoggedColumn[])).toThrow(
      expect.objectContaining({ code: 'BASELINE_INVALID', field }),
    );
  });
});
