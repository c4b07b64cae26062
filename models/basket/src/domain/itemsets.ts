/**
 * Frequent itemsets as a prefix tree: an itemset is the path to a node, its items in ascending rank. The children of a
 * node lie side by side in ascending rank, so a lookup is a binary search a step and a node costs four numbers.
 */
export class Itemsets {
  private readonly itemOf: number[] = [];
  private readonly countOf: number[] = [];
  private readonly firstChildOf: number[] = [];
  private readonly childrenOf: number[] = [];

  /**
   * @param items the frequent items by rank: rarest first, equally frequent ones by name
   * @param baskets how many baskets were mined
   */
  constructor(
    readonly items: readonly string[],
    readonly baskets: number,
  ) {}

  get size(): number {
    return this.itemOf.length;
  }

  /** Adds the frequent extensions of a node (undefined: the single items) all at once; answers the first one's place. */
  append(parent: number | undefined, ranks: ArrayLike<number>, counts: ArrayLike<number>): number {
    const first = this.size;
    if (parent !== undefined) {
      this.firstChildOf[parent] = first;
      this.childrenOf[parent] = ranks.length;
    }
    for (let index = 0; index < ranks.length; index++) {
      this.itemOf.push(ranks[index] as number);
      this.countOf.push(counts[index] as number);
      this.firstChildOf.push(0);
      this.childrenOf.push(0);
    }
    return first;
  }

  /** In how many baskets all these items (ascending ranks) lie; undefined when they are no frequent itemset. */
  count(ranks: readonly number[]): number | undefined {
    let [first, length] = [0, this.items.length];
    let node: number | undefined;
    for (const rank of ranks) {
      node = this.find(rank, first, length);
      if (node === undefined) return undefined;
      first = this.firstChildOf[node] as number;
      length = this.childrenOf[node] as number;
    }
    return node === undefined ? this.baskets : this.countOf[node];
  }

  /** Visits every itemset once, a prefix before its extensions. `ranks` is reused: copy it to keep it. */
  forEach(visit: (ranks: readonly number[], count: number) => void): void {
    const path: number[] = [];
    const walk = (first: number, length: number): void => {
      for (let node = first; node < first + length; node++) {
        path.push(this.itemOf[node] as number);
        visit(path, this.countOf[node] as number);
        walk(this.firstChildOf[node] as number, this.childrenOf[node] as number);
        path.pop();
      }
    };
    walk(0, this.items.length);
  }

  /** How many itemsets there are of 1, 2, 3 ... items. */
  sizes(): number[] {
    const sizes: number[] = [];
    this.forEach((ranks) => {
      sizes[ranks.length - 1] = (sizes[ranks.length - 1] ?? 0) + 1;
    });
    return sizes;
  }

  private find(rank: number, first: number, length: number): number | undefined {
    let [low, high] = [first, first + length];
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.itemOf[middle] as number) < rank) low = middle + 1;
      else high = middle;
    }
    return low < first + length && this.itemOf[low] === rank ? low : undefined;
  }
}
