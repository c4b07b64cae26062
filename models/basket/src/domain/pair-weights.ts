import { heaviest } from './heaviest.js';

/** An item's place is less than this, so that two of them make one exact number. */
export const PLACES_MAX = 2 ** 24;

const FREE = 0;
const SLOTS_MIN = 1_024;
/** Knuth's multiplier for hashing, The Art of Computer Programming 6.4: the golden ratio of 2^32. */
const GOLDEN = 0x9e3779b1;

/**
 * A weight for each pair of items, named by their places, the lower one first. In typed arrays with open addressing: a
 * Map keeps every number above 2^31 as an object of its own. A pair and its weight lie side by side, since what counting
 * costs is the memory that it touches.
 */
export class PairWeights {
  private count = 0;
  /** Of each pair in the order they came: low * PLACES_MAX + high, and its weight. */
  private entries = new Float64Array(SLOTS_MIN);
  /** By hash: the pair's number in `entries`, from 1. At most half are taken: beyond, walks from slot to slot grow long. */
  private slots = new Int32Array(SLOTS_MIN);

  get size(): number {
    return this.count;
  }

  add(low: number, high: number, weight: number): void {
    const { slots, entries } = this;
    const pair = low * PLACES_MAX + high;
    const last = slots.length - 1;
    for (let slot = hashOf(low, high) & last; ; slot = (slot + 1) & last) {
      const number = slots[slot] as number;
      if (number === FREE) return this.append(slot, pair, weight);
      if (entries[2 * number - 2] !== pair) continue;
      (entries[2 * number - 1] as number) += weight;
      return;
    }
  }

  scale(factor: number): void {
    for (let at = 1; at < 2 * this.count; at += 2) (this.entries[at] as number) *= factor;
  }

  /** In the order they came. */
  forEach(visit: (low: number, high: number, weight: number) => void): void {
    for (let at = 0; at < 2 * this.count; at += 2) {
      const pair = this.entries[at] as number;
      const low = Math.floor(pair / PLACES_MAX);
      visit(low, pair - low * PLACES_MAX, this.entries[at + 1] as number);
    }
  }

  /** Keeps so many of the heaviest, in the order they stand in; of equal ones the later. */
  keepHeaviest(count: number): void {
    const { entries } = this;
    heaviest(this.weights(), count).forEach((from, to) => entries.copyWithin(2 * to, 2 * from, 2 * from + 2));
    this.count = count;
    this.layOut();
  }

  /** A number each, low * PLACES_MAX + high. */
  pairs(): Float64Array {
    return Float64Array.from({ length: this.count }, (_, place) => this.entries[2 * place] as number);
  }

  weights(): Float64Array {
    const weights = new Float64Array(this.count);
    for (let place = 0; place < weights.length; place++) weights[place] = this.entries[2 * place + 1] as number;
    return weights;
  }

  /** Of what `pairs` and `weights` answered. */
  static of(pairs: Float64Array, weights: Float64Array): PairWeights {
    const made = new PairWeights();
    for (let place = 0; place < pairs.length; place++) {
      const low = Math.floor((pairs[place] as number) / PLACES_MAX);
      made.add(low, (pairs[place] as number) - low * PLACES_MAX, weights[place] as number);
    }
    return made;
  }

  private append(slot: number, pair: number, weight: number): void {
    this.entries[2 * this.count] = pair;
    this.entries[2 * this.count + 1] = weight;
    this.slots[slot] = ++this.count;
    if (2 * this.count === this.slots.length) this.grow();
  }

  private grow(): void {
    const { entries } = this;
    this.entries = new Float64Array(2 * entries.length);
    this.entries.set(entries);
    this.slots = new Int32Array(2 * this.slots.length);
    this.layOut();
  }

  private layOut(): void {
    const { slots } = this;
    const last = slots.length - 1;
    slots.fill(FREE);
    let number = 0;
    this.forEach((low, high) => {
      let slot = hashOf(low, high) & last;
      while (slots[slot] !== FREE) slot = (slot + 1) & last;
      slots[slot] = ++number;
    });
  }
}

function hashOf(low: number, high: number): number {
  const spread = Math.imul(low, GOLDEN);
  const mixed = Math.imul(spread ^ (spread >>> 15) ^ high, GOLDEN);
  return mixed ^ (mixed >>> 15);
}
