import type { Decay } from '@vinaigrette/learning';
import { compareTexts } from './basket.js';
import type { BestSeller } from './best-sellers.js';
import { ItemWeights } from './item-weights.js';
import { compareStrength, measuresOf, type Rule } from './mine-rules.js';
import { PairWeights } from './pair-weights.js';

export interface StatisticsLimits {
  /** SKUs counted; about 100 bytes each. */
  itemsMax: number;
  /** Pairs of SKUs counted; at most 50 bytes each. */
  pairsMax: number;
  /** SKUs of a basket that are counted, its first ones: pairs grow with their square. */
  basketItemsMax: number;
}

export interface RuleLimits {
  /** Fewest baskets of a pair, decayed: one bought now counts 1, one a half-life ago counts 0.5. */
  minBaskets: number;
  /** Least share of the decayed baskets that hold a pair. */
  minSupport: number;
  minConfidence: number;
  /** The strongest are kept. */
  maxRules: number;
}

/** The numbers as base64 of doubles, little endian: exact, and quick to write. */
export interface SavedStatistics {
  era: number | undefined;
  newestMs: number;
  baskets: number;
  skus: string[];
  itemWeights: string;
  pairKeys: string;
  pairWeights: string;
  evicted: { items: number; pairs: number };
}

/** What is dropped at once when a limit is reached: sorting for every new pair would cost more than counting. */
const EVICTED_SHARE = 1 / 8;

/**
 * How many baskets hold each SKU and each pair of SKUs, with exponential forgetting: updated in place, basket by basket.
 * The same baskets in any order give the same numbers bit for bit, while nothing is evicted. At a limit the lightest go,
 * which are those of the fewest and oldest baskets.
 */
export class BasketStatistics {
  readonly evicted = { items: 0, pairs: 0 };
  private era: number | undefined;
  /** Event time of the newest basket, ms. */
  private newestMs = 0;
  /** Decayed number of baskets, in the unit of the era, like every weight here. */
  private baskets = 0;
  private items = new ItemWeights();
  private pairs = new PairWeights();

  constructor(
    private readonly decay: Decay,
    private readonly limits: StatisticsLimits,
    saved?: SavedStatistics,
  ) {
    if (!saved) return;
    this.era = saved.era;
    this.newestMs = saved.newestMs;
    this.baskets = saved.baskets;
    this.items = new ItemWeights(saved.skus, doublesOf(saved.itemWeights));
    this.pairs = PairWeights.of(doublesOf(saved.pairKeys), doublesOf(saved.pairWeights));
    this.evicted = { ...saved.evicted };
  }

  /** Counts a basket of distinct SKUs; false: it is too old to weigh anything. */
  learn(skus: readonly string[], atMs: number): boolean {
    if (atMs < this.newestMs - this.decay.forgottenMs) return false;
    const weight = this.weigh(atMs);
    this.baskets += weight;
    const counted = Math.min(skus.length, this.limits.basketItemsMax);
    const places = new Array<number>(counted);
    for (let at = 0; at < counted; at++) places[at] = this.items.add(skus[at] as string, weight);
    if (counted > 1) places.sort(ascending);
    for (let low = 0; low < places.length - 1; low++) {
      const first = places[low] as number;
      for (let high = low + 1; high < places.length; high++) this.pairs.add(first, places[high] as number, weight);
    }
    if (this.items.size > this.limits.itemsMax) this.evictItems();
    if (this.pairs.size > this.limits.pairsMax) this.evictPairs();
    return true;
  }

  /** "Who has this also has that", strongest first, as of the newest basket. */
  rules({ minBaskets, minSupport, minConfidence, maxRules }: RuleLimits): Rule[] {
    const now = this.now();
    const least = Math.max(minBaskets * now, minSupport * this.baskets);
    const rules: Rule[] = [];
    this.pairs.forEach((low, high, both) => {
      if (both < least) return;
      for (const [a, b] of [
        [low, high],
        [high, low],
      ] as const) {
        const holders = this.items.weightAt(a);
        if (both / holders < minConfidence) continue;
        rules.push({
          antecedent: [this.items.skuAt(a)],
          consequent: this.items.skuAt(b),
          baskets: Math.round((both / now) * 1_000) / 1_000,
          ...measuresOf(both, holders, this.items.weightAt(b), this.baskets),
        });
      }
    });
    return rules.sort(compareStrength).slice(0, maxRules);
  }

  /** The SKUs by their decayed number of baskets, best first. */
  bestSellers(limit: number): BestSeller[] {
    const now = this.now();
    const { skus, weights } = this.items;
    return skus
      .map((sku, place) => ({ sku, weight: weights[place] as number }))
      .sort((a, b) => b.weight - a.weight || compareTexts(a.sku, b.sku))
      .slice(0, limit)
      .map(({ sku, weight }) => ({ sku, baskets: Math.max(1, Math.round(weight / now)) }));
  }

  /** Decayed number of baskets as of the newest one, and how much is held. */
  figures(): { baskets: number; items: number; pairs: number; evictedItems: number; evictedPairs: number } {
    return {
      baskets: this.baskets / this.now(),
      items: this.items.size,
      pairs: this.pairs.size,
      evictedItems: this.evicted.items,
      evictedPairs: this.evicted.pairs,
    };
  }

  save(): SavedStatistics {
    return {
      era: this.era,
      newestMs: this.newestMs,
      baskets: this.baskets,
      skus: [...this.items.skus],
      itemWeights: textOf(this.items.weights),
      pairKeys: textOf(this.pairs.pairs()),
      pairWeights: textOf(this.pairs.weights()),
      evicted: { ...this.evicted },
    };
  }

  private weigh(atMs: number): number {
    this.newestMs = Math.max(this.newestMs, atMs);
    const era = this.decay.eraOf(atMs);
    this.era ??= era;
    if (era > this.era) {
      const factor = this.decay.factor(this.era, era);
      this.baskets *= factor;
      this.items.scale(factor);
      this.pairs.scale(factor);
      this.era = era;
    }
    return this.decay.weight(atMs, this.era);
  }

  /** What a basket bought at the newest one's time weighs. */
  private now(): number {
    return this.era === undefined ? 1 : this.decay.weight(this.newestMs, this.era);
  }

  private evictPairs(): void {
    const before = this.pairs.size;
    this.pairs.keepHeaviest(Math.floor(this.limits.pairsMax * (1 - EVICTED_SHARE)));
    this.evicted.pairs += before - this.pairs.size;
  }

  /** The pairs of the items that go, go as well; those that stay get the new places of their items. */
  private evictItems(): void {
    const before = { items: this.items, pairs: this.pairs };
    this.items = before.items.heaviest(Math.floor(this.limits.itemsMax * (1 - EVICTED_SHARE)));
    const places = before.items.skus.map((sku) => this.items.placeOf(sku));
    this.pairs = new PairWeights();
    before.pairs.forEach((low, high, weight) => {
      const [a, b] = [places[low], places[high]];
      if (a !== undefined && b !== undefined) this.pairs.add(a, b, weight); // those that stay keep their order
    });
    this.evicted.items += before.items.size - this.items.size;
    this.evicted.pairs += before.pairs.size - this.pairs.size;
  }
}

const ascending = (a: number, b: number): number => a - b;

const textOf = ({ buffer, byteOffset, byteLength }: Float64Array): string =>
  Buffer.from(buffer as ArrayBuffer, byteOffset, byteLength).toString('base64');

function doublesOf(text: string): Float64Array {
  const bytes = Buffer.from(text, 'base64');
  return new Float64Array(Uint8Array.from(bytes).buffer);
}
