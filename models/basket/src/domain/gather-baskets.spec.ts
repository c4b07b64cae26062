import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { canonicalSku, reasonOf, reasons, spellingsOf, type Policy, type SalesLine } from './cleaning.js';
import { BasketGatherer } from './gather-baskets.js';

const line = (change: Partial<SalesLine> = {}): SalesLine => ({
  line: 2,
  invoice: '536365',
  sku: '85123A',
  quantity: 6,
  unitPrice: 2.55,
  soldAtMs: Date.UTC(2011, 0, 1),
  ...change,
});

describe('reasonOf()', () => {
  it.each([
    { reason: undefined, change: {} },
    { reason: undefined, change: { unitPrice: undefined } },
    { reason: undefined, change: { sku: 'PADS', unitPrice: 0.001 } },
    { reason: 'blank', change: { sku: '' } },
    { reason: 'blank', change: { invoice: '' } },
    { reason: 'cancellation', change: { invoice: 'C536379', quantity: -1 } },
    { reason: 'returned', change: { quantity: -9600 } },
    { reason: 'returned', change: { quantity: 0 } },
    { reason: 'adjustment', change: { invoice: 'A563185', sku: 'B', unitPrice: -11062.06 } },
    { reason: 'nonGoods', change: { sku: 'POST' } },
    { reason: 'nonGoods', change: { sku: 'm' } },
    { reason: 'nonGoods', change: { sku: 'BANK CHARGES' } },
    { reason: 'nonGoods', change: { sku: 'gift_0001_20' } },
    { reason: 'unpriced', change: { unitPrice: 0 } },
  ])('is $reason for $change', ({ reason, change }) => {
    expect(reasonOf(line(change))).toBe(reason);
  });
});

describe('canonicalSku()', () => {
  it.each([
    { policy: 'strict', sku: '15056bl', canonical: '15056BL' },
    { policy: 'strict', sku: 'milk', canonical: 'milk' },
    { policy: 'raw', sku: '15056bl', canonical: '15056bl' },
  ] as const)('writes $sku as $canonical under $policy', ({ policy, sku, canonical }) => {
    expect(canonicalSku(sku, policy)).toBe(canonical);
  });

  it('knows the small spelling of a code under strict alone', () => {
    expect([...spellingsOf(['15056BL', 'milk'], 'strict')]).toEqual([
      ['15056BL', '15056BL'],
      ['15056bl', '15056BL'],
      ['milk', 'milk'],
    ]);
    expect([...spellingsOf(['15056BL', 'Milk'], 'raw').keys()]).toEqual(['15056BL', 'Milk']);
  });
});

describe('BasketGatherer', () => {
  const gather = (policy: Policy, lines: SalesLine[], window = {}) => {
    const gatherer = new BasketGatherer(policy, window);
    for (const each of lines) gatherer.add(each);
    const { baskets, report } = gatherer.finish();
    return { baskets: [...baskets], report };
  };
  const dirty = [
    line(),
    line({ sku: '71053' }),
    line(), // once more
    line({ sku: '85123a' }), // once more, by another spelling
    line({ sku: 'POST' }),
    line({ invoice: 'A1', sku: 'B' }),
    line({ invoice: 'C1', quantity: -1 }),
    line({ invoice: '2', sku: '22423' }),
  ].map((sale, at) => ({ ...sale, line: at + 2 }));

  it('keeps what was rung up under raw', () => {
    const { baskets, report } = gather('raw', dirty);
    expect(baskets.map(({ id, skus }) => [id, ...skus])).toEqual([
      ['536365', '85123A', '71053', '85123a', 'POST'],
      ['A1', 'B'],
      ['2', '22423'],
    ]);
    expect(report).toMatchObject({ lines: 8, repeats: 1, firstRepeat: 4, kept: 6, baskets: 3, distinctSkus: 6 });
    expect(report.found.nonGoods).toEqual({ lines: 1, dropped: false, firstLine: 6 });
  });

  it('keeps paid goods, each once, under strict', () => {
    const { baskets, report } = gather('strict', dirty);
    expect(baskets.map(({ id, skus }) => [id, ...skus])).toEqual([
      ['536365', '85123A', '71053'],
      ['2', '22423'],
    ]);
    expect(report).toMatchObject({ lines: 8, repeats: 2, firstRepeat: 4, kept: 3, baskets: 2, distinctSkus: 3 });
    expect(report.found.adjustment).toEqual({ lines: 1, dropped: true, firstLine: 7 });
  });

  it('takes the first moment of its window and not the last', () => {
    const at = (soldAtMs: number) => line({ invoice: String(soldAtMs), soldAtMs });
    const { baskets, report } = gather('raw', [at(99), at(100), at(199), at(200)], { fromMs: 100, toMs: 200 });
    expect(baskets.map(({ id }) => id)).toEqual(['100', '199']);
    expect(report.outsideWindow).toBe(2);
  });

  it('accounts for every line', () => {
    const anyLine = fc.record({
      line: fc.nat(),
      invoice: fc.constantFrom('1', '2', '3', 'C4', 'A5', ''),
      sku: fc.constantFrom('85123A', '85123a', 'milk', 'POST', ''),
      quantity: fc.integer({ min: -1, max: 2 }),
      unitPrice: fc.constantFrom(undefined, 0, 1),
      soldAtMs: fc.constantFrom(undefined, 5, 15, 25),
    });
    fc.assert(
      fc.property(fc.array(anyLine), fc.constantFrom<Policy>('raw', 'strict'), (lines, policy) => {
        const { baskets, report } = gather(policy, lines, { fromMs: 10, toMs: 20 });
        const dropped = reasons.map((reason) => report.found[reason]).filter((found) => found.dropped);
        const droppedLines = dropped.reduce((sum, found) => sum + found.lines, 0);
        expect(report.outsideWindow + droppedLines + report.repeats + report.kept).toBe(lines.length);
        expect(baskets.flatMap((basket) => basket.skus)).toHaveLength(report.kept);
        for (const { skus } of baskets) expect(new Set(skus).size).toBe(skus.length);
      }),
    );
  });
});
