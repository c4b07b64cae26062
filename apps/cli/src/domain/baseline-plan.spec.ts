import { describe, expect, it } from '@jest/globals';
import { planBaseline } from './baseline-plan.js';

const columns = [
  { name: 'age', type: 'BIGINT' },
  { name: 'bmi', type: 'FLOAT' },
  { name: 'price', type: 'DECIMAL(10,2)' },
  { name: 'region', type: 'VARCHAR' },
  { name: 'items', type: 'VARCHAR[]' },
];

describe('planBaseline()', () => {
  it('makes a feature of every column, by its type', () => {
    const { definitions } = planBaseline(columns, {});
    expect(definitions.map(({ name, kind }) => [name, kind])).toEqual([
      ['age', 'numeric'],
      ['bmi', 'numeric'],
      ['price', 'numeric'],
      ['region', 'categorical'],
      ['items', 'items'],
    ]);
    expect(definitions[1]).toMatchObject({ datatype: 'FP32' });
  });

  it('leaves out what is ignored or a segment, and takes numbers for names when told', () => {
    const asked = { ignore: ['bmi'], segments: ['region'], categories: ['age'] };
    const { definitions, segments } = planBaseline(columns, asked);
    expect(definitions.map(({ name, kind }) => `${name} ${kind}`)).toEqual([
      'age categorical',
      'price numeric',
      'items items',
    ]);
    expect(segments).toEqual(['region']);
  });

  it('names a column that is not there', () => {
    expect(() => planBaseline(columns, { ignore: ['ag'] })).toThrow(/no column ag, only age, bmi/);
  });
});
