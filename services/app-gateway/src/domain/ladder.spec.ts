import { describe, expect, it } from '@jest/globals';
import { rungBudgetMs } from './ladder.js';

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
