/**
 * Values by their ids, of which the oldest can be looked at. The walk over a Map begins with everything that was deleted
 * at its front since it was last laid out anew: this one keeps its place instead.
 */
export class OldestFirst<Value> {
  private readonly values: Map<string, Value>;
  private walk: Iterator<[string, Value], undefined>;
  private front: [string, Value] | undefined;

  constructor(saved?: Iterable<[string, Value]>) {
    this.values = new Map(saved);
    this.walk = this.values.entries();
  }

  get size(): number {
    return this.values.size;
  }

  get(id: string): Value | undefined {
    return this.values.get(id);
  }

  /** `id` must not be there. */
  add(id: string, value: Value): void {
    this.values.set(id, value);
  }

  delete(id: string): void {
    this.values.delete(id);
    if (this.front?.[0] === id) this.front = undefined;
  }

  /** Of those that are there, the one that was added first; undefined: there is none. */
  oldest(): [string, Value] | undefined {
    if (this.values.size === 0) return undefined;
    while (!this.front) {
      const { value, done } = this.walk.next();
      if (done) this.walk = this.values.entries();
      else this.front = value;
    }
    return this.front;
  }

  /** Oldest first. */
  [Symbol.iterator](): Iterator<[string, Value]> {
    return this.values.entries();
  }
}
