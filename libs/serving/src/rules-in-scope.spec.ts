import { describe, expect, it } from '@jest/globals';
import { moments } from '@vinaigrette/documents';
import fc from 'fast-check';
import type { CompiledItemRule } from './compile-rules.js';
import { isInScope, RulesInScope } from './rules-in-scope.js';

const DAY_MS = 86_400_000;
const place = fc.constantFrom('de', 'fr', 'web', 'app');
const day = fc.integer({ min: 0, max: 9 });
const iso = day.map((days) => new Date(days * DAY_MS).toISOString());
const optional = <T>(value: fc.Arbitrary<T>) => fc.option(value, { nil: undefined });
const listed = <T>(value: fc.Arbitrary<T>) => optional(fc.uniqueArray(value, { minLength: 1, maxLength: 2 }));
const when = optional(
  fc.record({
    moments: listed(fc.constantFrom(...moments)),
    markets: listed(place),
    channels: listed(place),
    from: optional(iso),
    until: optional(iso),
  }),
);
const said = fc.record({
  context: optional(
    fc.record({ moment: optional(fc.constantFrom(...moments)), market: optional(place), channel: optional(place) }),
  ),
  nowMs: fc.tuple(day, fc.constantFrom(-1, 0, 1)).map(([days, ms]) => days * DAY_MS + ms),
});

const ruleOf = (scope: Parameters<typeof isInScope>[0], id: number) =>
  ({
    rule: { id: `${id}`, action: id % 2 ? 'hide' : 'pin', when: scope },
    inScope: isInScope(scope),
  }) as unknown as CompiledItemRule;

describe('RulesInScope', () => {
  it('selects the rules that would say so one by one, in their order, whoever asked before', () => {
    fc.assert(
      fc.property(
        fc.array(when, { maxLength: 12 }),
        fc.array(said, { minLength: 1, maxLength: 20 }),
        (scopes, asked) => {
          const rules = scopes.map(ruleOf);
          const selections = new RulesInScope(rules);
          for (const one of asked) {
            const all = rules.filter(({ inScope }) => inScope(one));
            const of = (action: string) => all.filter(({ rule }) => rule.action === action);
            expect(selections.of(one)).toEqual({ all, pins: of('pin'), hides: of('hide') });
          }
        },
      ),
    );
  });

  it('keeps no selection for each place that somebody makes up', () => {
    const selections = new RulesInScope([ruleOf({ markets: ['de'] }, 1)]);
    const of = (market: string) => selections.of({ context: { market }, nowMs: 0 });
    expect(of('nowhere')).toBe(of('nowhere else'));
    expect(of('de').all).toHaveLength(1);
  });
});
