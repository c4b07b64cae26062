import type { ReadyUseCase } from '@vinaigrette/app-gateway/parts';
import { describe, expect, it } from '@jest/globals';
import { parseDocument, type PredictionUseCase, type TensorValue } from '@vinaigrette/documents';
import { compileRules, compileUseCase, joinRows } from '@vinaigrette/serving';
import fc from 'fast-check';
import { questionOf } from './answer-row.js';
import { planBatch } from './batch-plan.js';
import { inParts, isPlain, plainTensors, rowAsked, type BatchRows } from './batch-rows.js';

const signature: ReadyUseCase['wanted']['signature'] = {
  inputs: [
    { name: 'age', datatype: 'FP32', shape: [-1, 1] },
    { name: 'smoker', datatype: 'BYTES', shape: [-1] },
    { name: 'children', datatype: 'INT64', shape: [-1, 1] },
  ],
  outputs: [
    { name: 'charges', datatype: 'FP32', shape: [-1, 1] },
    { name: 'contributions', datatype: 'FP32', shape: [-1, 3] },
  ],
  logged: [],
};

function quote(more: object = {}, rules?: object[]): ReadyUseCase {
  const document = parseDocument('use-case', { kind: 'prediction', model: 'insurance', ...more }) as PredictionUseCase;
  const ruleSet = rules && { name: 'quotes', version: 2, rules: compileRules(parseDocument('rule-set', { rules })) };
  const wanted = { model: 'insurance', version: 3, signature, schema: [], schemaId: new Uint8Array(), bestSellers: [] };
  return { name: 'quote', version: 1, document, expressions: compileUseCase(document), ruleSet, wanted } as never;
}

const rowsOf = (columns: Record<string, (TensorValue | undefined)[]>): BatchRows => {
  const count = Object.values(columns)[0]!.length;
  return { first: 1, count, columns: new Map(Object.entries(columns)), unreadable: new Array(count).fill(undefined) };
};

describe('inParts()', () => {
  it('gives the same rows in the same order, at most so many at a time', () => {
    fc.assert(
      fc.property(fc.array(fc.integer(), { minLength: 1 }), fc.integer({ min: 1, max: 20 }), (ages, rowsMax) => {
        const parts = [...inParts({ ...rowsOf({ age: ages }), first: 7 }, rowsMax)];
        expect(parts.flatMap(({ columns }) => columns.get('age'))).toEqual(ages);
        expect(parts.map(({ first }) => first)).toEqual(parts.map((_, at) => 7 + at * rowsMax));
        for (const { count, columns, unreadable } of parts) {
          expect(count).toBeLessThanOrEqual(rowsMax);
          expect([columns.get('age')?.length, unreadable.length]).toEqual([count, count]);
        }
      }),
    );
  });
});

describe('planBatch()', () => {
  it('reads the columns of the use case, each as its type, and leaves the others', () => {
    const useCase = quote({ attributes: { country: 'text' } });
    const { read, written } = planBatch(useCase, ['id', 'age', 'smoker', 'children', 'note', 'country', 'market'], {
      key: 'id',
      outputs: ['charges'],
    });
    expect(read).toEqual([
      { name: 'id', type: 'text', use: 'unit' },
      { name: 'age', type: 'number', use: 'input' },
      { name: 'smoker', type: 'text', use: 'input' },
      { name: 'children', type: 'number', use: 'input' },
      { name: 'country', type: 'text', use: 'attribute' },
      { name: 'market', type: 'text', use: 'context' },
    ]);
    expect(written.map(({ name, type }) => `${name} ${type}`)).toEqual([
      'charges number',
      'fired_rules json',
      'model_version number',
      'use_case_version number',
      'rule_set_version number',
      'scored_at text',
    ]);
  });

  it.each([
    { what: 'an input is missing', there: ['age', 'smoker'], wish: {}, names: 'children' },
    { what: 'the key is', there: ['age', 'smoker', 'children'], wish: { key: 'id' }, names: 'id' },
    { what: 'no such output is known', there: ['age', 'smoker', 'children'], wish: { outputs: ['x'] }, names: 'x' },
  ])('refuses when $what', ({ there, wish, names }) => {
    expect(() => planBatch(quote(), there, wish)).toThrow(
      expect.objectContaining({ code: 'BATCH_INPUT_INVALID', message: expect.stringContaining(names) }),
    );
  });

  it.each([
    { what: 'a default', useCase: quote({ inputs: { children: { default: 0 } } }) },
    { what: "a rule's default", useCase: quote({}, [{ id: 'd', action: 'default', input: 'children', value: 0 }]) },
  ])('misses no input that has $what', ({ useCase }) => {
    expect(() => planBatch(useCase, ['age', 'smoker'], {})).not.toThrow();
  });
});

describe('plainTensors()', () => {
  it('leaves rows to be looked at one by one that lack a value, or hold one of another type', () => {
    const columns = { age: [1, 2], smoker: ['no', 'yes'], children: [0, 1] };
    expect(plainTensors(quote(), rowsOf(columns))).toBeDefined();
    expect(plainTensors(quote(), rowsOf({ ...columns, age: [1, undefined] }))).toBeUndefined();
    expect(plainTensors(quote(), rowsOf({ ...columns, children: [0, 1.5] }))).toBeUndefined();
    expect(plainTensors(quote(), { ...rowsOf(columns), unreadable: ['no number', undefined] })).toBeUndefined();
  });

  it('is what the rows are asked one by one', () => {
    const row = fc.record({
      age: fc.float({ noNaN: true }),
      smoker: fc.option(fc.string(), { nil: undefined }),
      children: fc.integer(),
    });
    const useCase = quote({ inputs: { smoker: { default: 'no' } } });
    fc.assert(
      fc.property(fc.array(row, { minLength: 1, maxLength: 20 }), (people) => {
        const column = (name: keyof (typeof people)[0]) => people.map((person) => person[name]);
        const rows = rowsOf({ age: column('age'), smoker: column('smoker'), children: column('children') });
        const { read } = planBatch(useCase, ['age', 'smoker', 'children'], {});
        const alone = people.map((_, at) => {
          const asked = rowAsked(rows, read, at);
          const circumstances = { inputs: asked.inputs, nowMs: 0 };
          return questionOf(useCase, asked, circumstances).inputs;
        });
        expect(plainTensors(useCase, rows)).toEqual(joinRows(alone));
      }),
    );
  });
});

describe('isPlain()', () => {
  it.each([
    { what: 'no rules', useCase: quote(), plain: true },
    {
      what: 'a rule before the model',
      useCase: quote({}, [{ id: 'r', action: 'refuse', message: 'no' }]),
      plain: false,
    },
    {
      what: 'a rule on an output',
      useCase: quote({}, [{ id: 'floor', action: 'clamp', output: 'charges', min: 0 }]),
      plain: false,
    },
    { what: 'a derived input', useCase: quote({ inputs: { age: { from: '1.0 + 1.0' } } }), plain: false },
  ])('is $plain with $what', ({ useCase, plain }) => expect(isPlain(useCase)).toBe(plain));
});
