import { describe, expect, it } from '@jest/globals';
import { create } from '@bufbuild/protobuf';
import { WantedStateSchema, type WantedState } from '@vinaigrette/contracts/registry';
import { configurationOf } from './configuration.js';
import { lastGood } from './last-good.js';

const spec = (name: string, datatype: string) => ({ name, datatype, shape: [-1, -1] });
const recommender = {
  inputs: [spec('items', 'BYTES')],
  outputs: [spec('skus', 'BYTES'), spec('confidence', 'FP32')],
  logged: [{ tensor: 'items' }],
};
const shop = { kind: 'recommendation', model: 'basket', ruleSet: 'rules' };

interface Wanted {
  basket?: { version: number; signature?: unknown } | undefined;
  useCase?: { version: number; body: unknown } | undefined;
  rules?: { version: number; body: unknown } | undefined;
}

const document = (kind: string, name: string, wanted: { version: number; body: unknown } | undefined) =>
  wanted
    ? [
        {
          kind,
          name,
          aliases: { champion: wanted.version },
          versions: [{ kind, name, version: wanted.version, bodyJson: JSON.stringify(wanted.body) }],
        },
      ]
    : [];

const state = ({ basket, useCase, rules }: Wanted): WantedState =>
  create(WantedStateSchema, {
    models: basket
      ? [
          {
            name: 'basket',
            aliases: { champion: basket.version },
            versions: [
              {
                model: 'basket',
                version: basket.version,
                files: [{ path: 'best-sellers.json', sha256: `sold-${basket.version}` }],
                signatureJson: JSON.stringify(basket.signature ?? recommender),
              },
            ],
          },
        ]
      : [],
    documents: [...document('use-case', 'shop', useCase), ...document('rule-set', 'rules', rules)],
  });

const good: Wanted = {
  basket: { version: 1 },
  useCase: { version: 1, body: shop },
  rules: { version: 1, body: { rules: [] } },
};
const sold = new Map([['sold-1', [{ sku: 'a', baskets: 1 }]]]);

/** What is in force, after the first state and then after the second. */
function follow(first: Wanted, second: Wanted) {
  const before = lastGood(state(first), undefined);
  const was = configurationOf(before.state, sold);
  const after = lastGood(state(second), before.state);
  const now = configurationOf(after.state, sold, was);
  const told = [...after.faults, ...now.faults].map(({ subject }) => subject);
  const useCase = now.useCases.get('shop');
  return {
    useCase: useCase?.version,
    model: useCase?.wanted.version,
    rules: useCase?.ruleSet?.version,
    known: [...(useCase?.versions.keys() ?? [])],
    sold: useCase?.wanted.bestSellers.length,
    told,
  };
}

describe('what is in force', () => {
  const all = { useCase: 1, model: 1, rules: 1, known: [1], sold: 1, told: [] };
  it.each<{ what: string; wanted: Wanted; is: object }>([
    { what: 'nothing changed', wanted: good, is: all },
    {
      what: 'a new model version: the old one may still answer, and its best sellers serve until the file is here',
      wanted: { ...good, basket: { version: 2 } },
      is: { ...all, model: 2, known: [1, 2] },
    },
    {
      what: 'a signature that cannot be read',
      wanted: { ...good, basket: { version: 2, signature: { inputs: [] } } },
      is: { ...all, told: ['model basket 2'] },
    },
    {
      what: 'a model that speaks in other tensors',
      wanted: { ...good, basket: { version: 2, signature: { ...recommender, outputs: [spec('price', 'FP32')] } } },
      is: { ...all, told: ['use-case shop 1'] },
    },
    {
      what: 'a bad use case',
      wanted: { ...good, useCase: { version: 2, body: { ...shop, budgetMs: -1 } } },
      is: { ...all, told: ['use-case shop 2'] },
    },
    {
      what: 'a bad rule set',
      wanted: { ...good, rules: { version: 2, body: { rules: 'none' } } },
      is: { ...all, told: ['rule-set rules 2'] },
    },
    {
      what: 'a good rule set',
      wanted: { ...good, rules: { version: 2, body: { rules: [] } } },
      is: { ...all, rules: 2 },
    },
    { what: 'no rule set any more: it is there to protect', wanted: { ...good, rules: undefined }, is: all },
    {
      what: 'a use case whose rule set never was',
      wanted: { ...good, useCase: { version: 2, body: { ...shop, ruleSet: 'other' } } },
      is: { ...all, told: ['use-case shop 2'] },
    },
    { what: 'no model any more', wanted: { ...good, basket: undefined }, is: { ...all, told: ['use-case shop 1'] } },
    {
      what: 'no use case any more',
      wanted: { ...good, useCase: undefined },
      is: { useCase: undefined, model: undefined, rules: undefined, known: [], sold: undefined, told: [] },
    },
  ])('after $what', ({ wanted, is }) => {
    expect(follow(good, wanted)).toEqual(is);
  });

  it('begins without what never was good', () => {
    const { state: left, faults } = lastGood(state({ ...good, useCase: { version: 1, body: {} } }), undefined);
    expect(faults).toEqual([{ subject: 'use-case shop 1', why: expect.stringContaining('kind') }]);
    expect(configurationOf(left, sold).useCases.size).toBe(0);
  });
});
