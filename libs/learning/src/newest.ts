export interface Dated {
  /** Milliseconds since the epoch. */
  atMs: number;
  /** Decides between two of the same time. */
  id: string;
}

/** The newest of all that was added, at most `limit`: a function of the set, in whatever order it came. */
export class Newest<Item extends Dated> {
  private items: Item[];
  /** What is older than this is not among the newest; undefined: everything still is. */
  private oldest: Item | undefined;

  constructor(
    readonly limit: number,
    saved: readonly Item[] = [],
  ) {
    this.items = [...saved];
    this.cut();
  }

  add(item: Item): void {
    if (this.oldest && compare(item, this.oldest) < 0) return;
    this.items.push(item);
    if (this.items.length >= 2 * this.limit) this.cut();
  }

  /** Oldest first. */
  toArray(): readonly Item[] {
    this.cut();
    return this.items;
  }

  private cut(): void {
    this.items.sort(compare);
    if (this.items.length < this.limit) return;
    this.items = this.items.slice(-this.limit);
    this.oldest = this.items[0];
  }
}

const compare = (a: Dated, b: Dated): number => a.atMs - b.atMs || (a.id < b.id ? -1 : a.id > b.id ? 1 : 0);
