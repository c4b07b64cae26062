import type { ReadyUseCase } from '@vinaigrette/app-gateway/parts';
import { describe, expect, it } from '@jest/globals';
import { parseDocument } from '@vinaigrette/documents';
import { compileRules, compileUseCase } from '@vinaigrette/serving';
import {
  failedGates,
  notLogged,
  reportReplay,
  rowOfRequest,
  type LoggedRequest,
  type Replayed,
  type ReplayedPair,
} from './replayed.js';

const request: LoggedRequest = {
  predictionId: 'p-1',
  unit: 'c-1',
  occurredAtMs: 0,
  segments: ['country=de'],
  variant: 'champion',
  version: 1,
  ruleSetVersion: 1,
  propensity: undefined,
  shown: ['a', 'b'],
  latencyMs: 5,
  logged: { items: ['milk', ''] },
  reward: 1,
};
const shown = (...skus: string[]): Replayed => ({ shown: skus, outputs: {}, fired: [] });
const pair = (control: Replayed, candidate: Replayed, more: Partial<LoggedRequest> = {}): ReplayedPair => ({
  request: { ...request, ...more },
  control,
  candidate,
});
const inForce = { kind: 'recommendation', versions: { model: 1, ruleSet: 1 }, catalogue: new Map() } as const;

function useCase(document: object, inputs: object[], rules: object[] = []): ReadyUseCase {
  const parsed = parseDocument('use-case', { model: 'm', ...document });
  return {
    document: parsed,
    expressions: compileUseCase(parsed),
    ruleSet: { name: 'shop', version: 1, rules: compileRules(parseDocument('rule-set', { rules })) },
    wanted: { signature: { inputs, outputs: [], logged: [] } },
  } as never;
}
const items = [{ name: 'items', datatype: 'BYTES', shape: [-1, -1] }];
const recommend = (more: object = {}, rules?: object[]) => useCase({ kind: 'recommendation', ...more }, items, rules);

describe('rowOfRequest()', () => {
  it('is the basket without its padding, and the customer unless the prediction stood for one', () => {
    expect(rowOfRequest(recommend(), request)).toMatchObject({ unit: 'c-1', basket: ['milk'] });
    expect(rowOfRequest(recommend(), { ...request, unit: 'p-1' }).unit).toBeUndefined();
  });

  it('is the inputs of a prediction, one value or a list as the signature has it, missing ones as null', () => {
    const inputs = [
      { name: 'age', datatype: 'FP32', shape: [-1, 1] },
      { name: 'history', datatype: 'FP32', shape: [-1, 3] },
    ];
    const logged = { age: [null], history: [1, 2, 3] };
    const row = rowOfRequest(useCase({ kind: 'prediction' }, inputs), { ...request, logged });
    expect(row.inputs).toEqual({ age: null, history: [1, 2, 3] });
  });

  it.each([
    { what: 'an input that is not there', of: recommend(), logged: { skus: ['a'] }, why: 'is not in the record' },
    { what: 'a record that cannot be read', of: recommend(), logged: undefined, why: 'is not in the record' },
    {
      what: 'a hash',
      of: recommend({ logging: { items: 'hash' } }),
      logged: { items: ['x'] },
      why: 'logged as "hash"',
    },
  ])('is nothing where the record holds $what', ({ of, logged, why }) => {
    expect(() => rowOfRequest(of, { ...request, logged })).toThrow(why);
  });
});

describe('notLogged()', () => {
  it('names what the rules read of a request, and nobody wrote down', () => {
    expect(notLogged(recommend())).toEqual([]);
    const scoped = [{ id: 'cap', action: 'cap', items: 1, when: { moments: ['checkout'] } }];
    expect(notLogged(recommend({ attributes: { age: 'number' } }, scoped))).toEqual([
      'context: moment, market, channel',
      'attribute: age',
    ]);
  });
});

describe('reportReplay()', () => {
  it('tells who would see what else', () => {
    const report = reportReplay(
      [
        pair(shown('a', 'b'), shown('a', 'b')),
        pair(shown('a', 'b'), shown('b', 'a'), { segments: ['country=at'] }),
        pair(shown('a', 'b'), shown('a', 'c'), { segments: ['country=at'] }),
        pair(shown(), shown()),
      ],
      inForce,
    );
    expect(report).toMatchObject({ replayed: 4, changed: 0.5, overlap: (1 + 1 + 0.5 + 1) / 4 });
    expect(report.segments).toEqual([
      { segment: 'country=de', answers: 2, changed: 0 },
      { segment: 'country=at', answers: 2, changed: 1 },
    ]);
  });

  it('says how many answers of the versions in force came out again, as far as both lists go', () => {
    const again = reportReplay(
      [
        pair(shown('a', 'b', 'c'), shown()), // two were wished for
        pair(shown('b', 'a'), shown()),
        pair(shown('x'), shown(), { version: 9 }),
        pair(shown('x'), shown(), { variant: 'holdout' }),
      ],
      inForce,
    );
    expect(again.reproduced).toEqual({ answers: 2, share: 0.5 });
    expect(reportReplay([], inForce).reproduced).toEqual({ answers: 0, share: null });
  });

  it('counts a rule once an answer, and takes means over the items shown', () => {
    const catalogue = new Map([
      ['a', { margin: 0.1, brand: 'x' }],
      ['b', { margin: 0.5, brand: 'y' }],
    ]);
    const one = { ...shown('a', 'b'), fired: ['hide', 'hide'] };
    const report = reportReplay([pair(one, { ...shown('b', 'nowhere'), fired: ['boost'] })], { ...inForce, catalogue });
    expect(report.fired).toEqual({ hide: { control: 1, candidate: 0 }, boost: { control: 0, candidate: 1 } });
    expect(report.means).toEqual({ margin: { control: 0.3, candidate: 0.5 } });
  });

  it('compares the outputs of predictions within rounding, and asks no KPI of them', () => {
    const output = (charges: number): Replayed => ({ shown: [], outputs: { charges }, fired: [] });
    const report = reportReplay([pair(output(100), output(100.00001)), pair(output(100), output(110))], {
      ...inForce,
      kind: 'prediction',
    });
    expect(report).toMatchObject({ changed: 0.5, overlap: null, kpi: null, means: { charges: { control: 100 } } });
    expect(report.means['charges']!.candidate).toBeCloseTo(105, 3);
  });
});

describe('failedGates()', () => {
  const same = Array.from({ length: 200 }, (_, n) => pair(shown('a', 'b'), shown('a', 'b'), { unit: `c-${n}` }));
  const other = Array.from({ length: 200 }, (_, n) => pair(shown('a', 'b'), shown('c', 'd'), { unit: `c-${n}` }));

  it.each([
    { what: 'nothing that was asked for', pairs: same, gate: { maxChanged: 0, minOverlap: 1, minLift: 0 }, fails: [] },
    {
      what: 'too many answers that change',
      pairs: other,
      gate: { maxChanged: 0.9 },
      fails: ['100.0 % of the answers'],
    },
    { what: 'too little overlap', pairs: other, gate: { minOverlap: 0.1 }, fails: ['the overlap is 0.0 %'] },
    { what: 'a KPI that nobody can tell', pairs: other, gate: { minLift: -1 }, fails: ['the KPI cannot be told'] },
    { what: 'a lift that is too small', pairs: same, gate: { minLift: 0.01 }, fails: ['less than 0.01'] },
    {
      what: 'too few that can be replayed',
      pairs: same,
      gate: { minReplayable: 0.9 },
      fails: ['50.0 % of the requests'],
    },
  ])('names $what', ({ pairs, gate, fails }) => {
    const failed = failedGates(reportReplay(pairs, inForce), 400, gate);
    expect(failed).toEqual(fails.map((text) => expect.stringContaining(text)));
  });
});
