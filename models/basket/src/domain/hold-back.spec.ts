import { describe, expect, it } from '@jest/globals';
import type { Basket } from './basket.js';
import { Baskets } from './baskets.js';
import { holdBack } from './hold-back.js';

const basket = (id: number, skus: string[], soldAtMs?: number): Basket => ({ id: String(id), soldAtMs, skus });
const idsOf = (baskets: Baskets) => Array.from(baskets, ({ id }) => Number(id));

describe('holdBack()', () => {
  it('keeps back the last in time, in whatever order they are', () => {
    const baskets = [30, 10, 50, 20, 40].map((time) => basket(time, ['a'], time));
    const { train, heldBack, heldBackFromMs } = holdBack(Baskets.of(baskets), 0.4);
    expect(idsOf(train)).toEqual([30, 10, 20]);
    expect(idsOf(heldBack)).toEqual([50, 40]);
    expect(heldBackFromMs).toBe(40);
  });

  it('never parts baskets of the same moment', () => {
    const { train, heldBack } = holdBack(
      Baskets.of([1, 2, 3, 4].map((id) => basket(id, ['a'], id < 2 ? 10 : 20))),
      0.25,
    );
    expect([idsOf(train), idsOf(heldBack)]).toEqual([[1], [2, 3, 4]]);
  });

  it('keeps back every fifth where there are no dates', () => {
    const { heldBack, heldBackFromMs } = holdBack(
      Baskets.of(Array.from({ length: 10 }, (_, id) => basket(id, ['a']))),
      0.2,
    );
    expect(idsOf(heldBack)).toEqual([4, 9]);
    expect(heldBackFromMs).toBeUndefined();
  });
});
