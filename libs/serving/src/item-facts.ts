import { rowOf, type Fields, type Row, type Scope } from '@vinaigrette/documents';
import type { Chooser } from './compile-rules.js';
import type { CatalogueRow } from './situation.js';

/** Items whose facts are kept; then they are forgotten, and found again as they come. */
const ITEMS_MAX = 50_000;

const BITS = 32;

/** What the rules of one set say of one item, whatever the request is. */
export interface ItemFact {
  row: Row<'item'>;
  /** Bit n: rule n of those that look at the item alone is about it. */
  words: Uint32Array;
}

/**
 * Keeps, for as long as a row of the catalogue is kept, which rules are about its item. So the price of a rule that
 * only looks at the item is one bit a request, however dear its condition.
 */
export interface ItemFacts {
  /** How many words an item's facts have. */
  words: number;
  /** The words of every item that no rule is about: the same object. */
  none: Uint32Array;
  of(sku: string, row: CatalogueRow | undefined): ItemFact;
}

export function itemFacts(choosers: readonly Chooser[], fields: Fields): ItemFacts {
  const words = Math.ceil(choosers.length / BITS);
  const none = new Uint32Array(words);
  const kept = new Map<string, { values: CatalogueRow | undefined; fact: ItemFact }>();
  const find = (sku: string, values: CatalogueRow | undefined): ItemFact => {
    const row = rowOf('item', fields, { ...values, sku });
    const found = new Uint32Array(words);
    const scope = { item: row } as Scope; // whoever reads more is no fact
    choosers.forEach((isAbout, index) => {
      if (isAbout(scope)) found[index >>> 5]! |= 1 << (index & 31);
    });
    return { row, words: found.some((word) => word !== 0) ? found : none };
  };
  return {
    words,
    none,
    of: (sku, values) => {
      const known = kept.get(sku);
      if (known && known.values === values) return known.fact;
      const fact = find(sku, values);
      if (kept.size >= ITEMS_MAX) kept.clear();
      kept.set(sku, { values, fact });
      return fact;
    },
  };
}

export const isAbout = (words: Uint32Array, fact: number): boolean =>
  fact >= 0 && ((words[fact >>> 5]! >>> (fact & 31)) & 1) === 1;
