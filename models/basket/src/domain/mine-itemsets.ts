import { Problem } from '@vinaigrette/problems';
import { compareTexts } from './basket.js';
import type { Baskets } from './baskets.js';
import { Itemsets } from './itemsets.js';

/** A support this low on baskets this alike is a mistake, and is better told than waited for. */
const ITEMSETS_MAX = 5_000_000;

export interface MiningOptions {
  /** Least share of the baskets that hold the itemset, above 0 and at most 1. */
  minSupport: number;
  /** Most items of an itemset; absent: any number. */
  maxLength?: number | undefined;
  /** Most itemsets to hold before giving up with ITEMSETS_TOO_MANY. */
  itemsetsMax?: number | undefined;
}

/**
 * Every itemset that lies in at least `minSupport` of the baskets, with its exact count.
 *
 * Eclat (Zaki, IEEE TKDE 12(3), 2000) on projections: for each item, rarest first, the baskets that hold it are
 * rewritten as one bitset an item, over those baskets alone; deeper itemsets are intersections of such bitsets. So a
 * bitset is only as long as the item is frequent, and no more than one projection is ever held.
 */
export function mineItemsets(baskets: Baskets, options: MiningOptions): Itemsets {
  const minCount = leastCount(options.minSupport, baskets.length);
  const { items, counts, rankOf } = frequentItems(baskets, minCount);
  const itemsets = new Itemsets(items, baskets.length);
  const roots = Int32Array.from(items.keys());
  itemsets.append(undefined, roots, counts);
  const rows = rankedRows(baskets, rankOf, counts);
  const growth = new Growth(itemsets, minCount, options.maxLength ?? Infinity, options.itemsetsMax ?? ITEMSETS_MAX);
  for (const root of roots) growth.project(root, rows);
  return itemsets;
}

/** The least count whose share of the baskets reaches the support; rounding never decides which side it falls on. */
export function leastCount(minSupport: number, baskets: number): number {
  let count = Math.max(1, Math.ceil(minSupport * baskets));
  while (count > 1 && (count - 1) / baskets >= minSupport) count--;
  while (count / baskets < minSupport) count++;
  return count;
}

/** The frequent items by rank, how many baskets hold each, and the rank of every item: -1 where it is not frequent. */
function frequentItems(baskets: Baskets, minCount: number) {
  const { skus } = baskets;
  const countOf = baskets.counts();
  const frequent = [...skus.keys()]
    .filter((item) => (countOf[item] as number) >= minCount)
    .sort((a, b) => countOf[a]! - countOf[b]! || compareTexts(skus[a] as string, skus[b] as string));
  const rankOf = new Int32Array(skus.length).fill(-1);
  frequent.forEach((item, rank) => (rankOf[item] = rank));
  return {
    items: frequent.map((item) => skus[item] as string),
    counts: frequent.map((item) => countOf[item] as number),
    rankOf,
  };
}

/**
 * The baskets as ascending ranks of their frequent items, and for each item the baskets that hold it: row `r` owns
 * `ranks` from `starts[r]` to `starts[r + 1]`, item `i` owns `holders` from `holderStarts[i]` to `holderStarts[i + 1]`.
 */
interface RankedRows {
  ranks: Int32Array;
  starts: Int32Array;
  holders: Int32Array;
  holderStarts: Int32Array;
}

function rankedRows(baskets: Baskets, rankOf: Int32Array, counts: readonly number[]): RankedRows {
  const holderStarts = new Int32Array(counts.length + 1);
  counts.forEach((count, rank) => (holderStarts[rank + 1] = (holderStarts[rank] as number) + count));
  const total = holderStarts[counts.length] as number;
  const [ranks, holders] = [new Int32Array(total), new Int32Array(total)];
  const starts = new Int32Array(baskets.length + 1);
  const free = holderStarts.slice(); // the next place of each item
  let at = 0;
  for (let row = 0; row < baskets.length; row++) {
    for (let item = baskets.starts[row] as number; item < (baskets.starts[row + 1] as number); item++) {
      const rank = rankOf[baskets.items[item] as number] as number;
      if (rank < 0) continue;
      ranks[at++] = rank;
      holders[free[rank]!++] = row;
    }
    ranks.subarray(starts[row], at).sort();
    starts[row + 1] = at;
  }
  return { ranks, starts, holders, holderStarts };
}

/** The bitsets of some items over the same baskets: item `i` owns the words from `i * words` on. */
interface Projection {
  ranks: number[];
  words: number;
  bits: Uint32Array;
}

class Growth {
  private readonly counts: Int32Array;
  private readonly placeOf: Int32Array;
  /** One buffer a depth, used again and again: what lies deeper is done before its depth is overwritten. */
  private readonly buffers: Uint32Array[] = [];

  constructor(
    private readonly itemsets: Itemsets,
    private readonly minCount: number,
    private readonly maxLength: number,
    private readonly itemsetsMax: number,
  ) {
    this.counts = new Int32Array(itemsets.items.length);
    this.placeOf = new Int32Array(itemsets.items.length);
  }

  /** All itemsets whose rarest item is `root`. */
  project(root: number, { ranks, starts, holders, holderStarts }: RankedRows): void {
    if (this.maxLength < 2) return;
    const { counts, placeOf, minCount } = this;
    const rows = holders.subarray(holderStarts[root], holderStarts[root + 1]);
    counts.fill(0);
    for (const row of rows) {
      // Each of these rows holds the root, and above it the partners.
      for (let at = (starts[row + 1] as number) - 1; (ranks[at] as number) > root; at--) counts[ranks[at] as number]!++;
    }
    const partners: number[] = [];
    placeOf.fill(-1);
    for (let rank = root + 1; rank < counts.length; rank++) {
      if ((counts[rank] as number) >= minCount) placeOf[rank] = partners.push(rank) - 1;
    }
    if (partners.length === 0) return;
    const words = Math.ceil(rows.length / 32);
    const bits = this.buffer(0, partners.length * words).fill(0, 0, partners.length * words);
    rows.forEach((row, index) => {
      for (let at = (starts[row + 1] as number) - 1; (ranks[at] as number) > root; at--) {
        const place = placeOf[ranks[at] as number] as number;
        if (place >= 0) bits[place * words + (index >>> 5)]! |= 1 << (index & 31);
      }
    });
    const first = this.append(
      root,
      partners,
      partners.map((rank) => counts[rank] as number),
    );
    this.extend(first, { ranks: partners, words, bits }, 2);
  }

  /** Joins every item with those after it; `length` is how many items the itemsets at `first` have. */
  private extend(first: number, { ranks, words, bits }: Projection, length: number): void {
    if (length >= this.maxLength) return;
    for (let left = 0; left < ranks.length - 1; left++) {
      const joined = this.buffer(length - 1, (ranks.length - 1 - left) * words);
      const [partners, counts]: [number[], number[]] = [[], []];
      for (let right = left + 1; right < ranks.length; right++) {
        // What is not frequent is overwritten by the next.
        const count = intersect(bits, left * words, right * words, words, joined, partners.length * words);
        if (count < this.minCount) continue;
        partners.push(ranks[right] as number);
        counts.push(count);
      }
      if (partners.length === 0) continue;
      const child = this.append(first + left, partners, counts);
      this.extend(child, { ranks: partners, words, bits: joined }, length + 1);
    }
  }

  private append(parent: number, ranks: readonly number[], counts: readonly number[]): number {
    if (this.itemsets.size + ranks.length > this.itemsetsMax) {
      throw new Problem('ITEMSETS_TOO_MANY', `More than ${this.itemsetsMax} itemsets lie in ${this.minCount} baskets`, {
        field: 'minSupport',
      });
    }
    return this.itemsets.append(parent, ranks, counts);
  }

  private buffer(depth: number, length: number): Uint32Array {
    const kept = this.buffers[depth];
    if (kept && kept.length >= length) return kept;
    return (this.buffers[depth] = new Uint32Array(length));
  }
}

/** Writes the intersection of two bitsets of `bits` into `target` from `to` on, and answers how many bits it has. */
function intersect(bits: Uint32Array, a: number, b: number, words: number, target: Uint32Array, to: number): number {
  let count = 0;
  for (let word = 0; word < words; word++) {
    const both = (bits[a + word] as number) & (bits[b + word] as number);
    target[to + word] = both;
    if (both !== 0) count += bitCount(both);
  }
  return count;
}

/** How many of the 32 bits are set (Warren, Hacker's Delight, 5-1). */
function bitCount(word: number): number {
  let pairs = word - ((word >>> 1) & 0x55555555);
  pairs = (pairs & 0x33333333) + ((pairs >>> 2) & 0x33333333);
  return Math.imul((pairs + (pairs >>> 4)) & 0x0f0f0f0f, 0x01010101) >>> 24;
}
