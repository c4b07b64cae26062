import { questionOf, type Basket, type Question } from './basket.js';
import { evenly } from './evenly.js';
import { IntegerList } from './integer-list.js';

/**
 * Many baskets in few arrays, since a million small ones cost more than what is in them: a SKU is its place in `skus`,
 * and basket `row` holds `items` from `starts[row]` to `starts[row + 1]`, distinct and in the order they were rung up.
 */
export interface BasketColumns {
  /** May hold some that no basket does. */
  readonly skus: readonly string[];
  readonly starts: Int32Array;
  readonly items: Int32Array;
  readonly ids: readonly string[];
  /** Milliseconds since the epoch; NaN: not recorded. */
  readonly soldAtMs: Float64Array;
}

export class Baskets implements BasketColumns, Iterable<Basket> {
  readonly skus: readonly string[];
  readonly starts: Int32Array;
  readonly items: Int32Array;
  readonly ids: readonly string[];
  readonly soldAtMs: Float64Array;

  constructor({ skus, starts, items, ids, soldAtMs }: BasketColumns) {
    this.skus = skus;
    this.starts = starts;
    this.items = items;
    this.ids = ids;
    this.soldAtMs = soldAtMs;
  }

  static of(baskets: Iterable<Basket>): Baskets {
    const places = new Map<string, number>();
    const [starts, items] = [new IntegerList(), new IntegerList()];
    const [ids, soldAtMs]: [string[], number[]] = [[], []];
    starts.push(0);
    for (const basket of baskets) {
      for (const sku of basket.skus) {
        if (!places.has(sku)) places.set(sku, places.size);
        items.push(places.get(sku) as number);
      }
      starts.push(items.values().length);
      ids.push(basket.id);
      soldAtMs.push(basket.soldAtMs ?? NaN);
    }
    return new Baskets({
      skus: [...places.keys()],
      starts: starts.values(),
      items: items.values(),
      ids,
      soldAtMs: Float64Array.from(soldAtMs),
    });
  }

  /** Of lists of distinct SKUs, without dates. */
  static ofSkus(lists: readonly (readonly string[])[]): Baskets {
    return Baskets.of(lists.map((skus, id) => ({ id: String(id), soldAtMs: undefined, skus })));
  }

  get length(): number {
    return this.ids.length;
  }

  at(row: number): Basket {
    const soldAtMs = this.soldAtMs[row] as number;
    return {
      id: this.ids[row] as string,
      soldAtMs: Number.isNaN(soldAtMs) ? undefined : soldAtMs,
      skus: Array.from(this.itemsOf(row), (item) => this.skus[item] as string),
    };
  }

  *[Symbol.iterator](): Generator<Basket> {
    for (let row = 0; row < this.length; row++) yield this.at(row);
  }

  itemsOf(row: number): Int32Array {
    return this.items.subarray(this.starts[row], this.starts[row + 1]);
  }

  /** Those of some rows, in their order. */
  pick(rows: ArrayLike<number>): Baskets {
    const starts = new Int32Array(rows.length + 1);
    for (let at = 0; at < rows.length; at++) {
      starts[at + 1] = (starts[at] as number) + this.itemsOf(rows[at] as number).length;
    }
    const items = new Int32Array(starts[rows.length] as number);
    const soldAtMs = new Float64Array(rows.length);
    const ids: string[] = [];
    for (let at = 0; at < rows.length; at++) {
      const row = rows[at] as number;
      items.set(this.itemsOf(row), starts[at]);
      soldAtMs[at] = this.soldAtMs[row] as number;
      ids.push(this.ids[row] as string);
    }
    return new Baskets({ skus: this.skus, starts, items, ids, soldAtMs });
  }

  /** At most so many, at equal distances in their order. */
  evenly(most: number): Baskets {
    return this.pick(evenly(Array.from(this.soldAtMs.keys()), most));
  }

  /** What the baskets of two SKUs or more ask; at most so many, at equal distances in their order. */
  questions(most: number): Question[] {
    const rows = new IntegerList();
    for (let row = 0; row < this.length; row++) {
      if ((this.starts[row + 1] as number) - (this.starts[row] as number) > 1) rows.push(row);
    }
    return evenly(Array.from(rows.values()), most).map((row) => questionOf(this.at(row)) as Question);
  }

  /** In how many baskets each of `skus` lies. */
  counts(): Int32Array {
    const counts = new Int32Array(this.skus.length);
    for (let at = 0; at < this.items.length; at++) counts[this.items[at] as number]!++;
    return counts;
  }

  /** The SKUs that lie in a basket, in the order of the first one. */
  soldSkus(): string[] {
    const sold = new Set<number>();
    for (let at = 0; at < this.items.length; at++) sold.add(this.items[at] as number);
    return Array.from(sold, (item) => this.skus[item] as string);
  }
}
