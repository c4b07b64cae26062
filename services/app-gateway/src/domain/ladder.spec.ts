import { describe, expect, it } from '@jest/globals';
import { parseDocument } from '@vinaigrette/documents';
import { precomputedBudgetMs, rungBudgetMs } from './ladder.js';

describe('rungBudgetMs()', () => {
  it.each([
    { what: 'the last model: all that is left', leftMs: 100, budgetMs: undefined, below: 0, takesMs: 100 },
    { what: 'a model above another: a part', leftMs: 100, budgetMs: undefined, below: 1, takesMs: 60 },
    { what: 'a rung with a budget of its own', leftMs: 100, budgetMs: 20, below: 1, takesMs: 20 },
    { what: 'a rung whose budget is more than is left', leftMs: 10, budgetMs: 20, below: 0, takesMs: 10 },
  ])('of $what is $takesMs ms', ({ leftMs, budgetMs, below, takesMs }) => {
    expect(rungBudgetMs(leftMs, { budgetMs }, below)).toBe(takesMs);
  });
});

describe('precomputedBudgetMs()', () => {
  const precomputed = { table: 'answers', key: 'id' };
  const ladder = { precomputed, fallback: ['precomputed', 'best-sellers'], budgetMs: 100 };

  it.each([
    { what: 'a ladder without the rung', more: { budgetMs: 100 }, keepsMs: 0 },
    { what: 'a ladder with it', more: ladder, keepsMs: 20 },
    { what: 'a rung with a budget of its own', more: { ...ladder, rungBudgetsMs: { precomputed: 35 } }, keepsMs: 35 },
    { what: 'a budget smaller than that', more: { ...ladder, budgetMs: 5 }, keepsMs: 5 },
  ])('of $what is $keepsMs ms', ({ more, keepsMs }) => {
    const document = parseDocument('use-case', { kind: 'recommendation', model: 'basket', ...more });
    expect(precomputedBudgetMs(document)).toBe(keepsMs);
  });
});
