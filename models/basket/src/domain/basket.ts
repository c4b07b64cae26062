/** One purchase: what was bought together. */
export interface Basket {
  /** The invoice's number, or the line of the file it stood on. */
  id: string;
  /** When it was sold, in milliseconds since the epoch; the file's local time is read as UTC. Absent: not recorded. */
  soldAtMs: number | undefined;
  /** Its distinct SKUs, in the order they were first rung up; never empty. */
  skus: readonly string[];
}

/** What a recommender is asked about a purchase that is over: given these, what came last? */
export interface Question {
  given: readonly string[];
  expected: string;
}

/** The last distinct SKU of a basket, to be predicted from the others; undefined when there are no others. */
export function questionOf(basket: Basket): Question | undefined {
  const expected = basket.skus.at(-1);
  if (expected === undefined || basket.skus.length < 2) return undefined;
  return { given: basket.skus.slice(0, -1), expected };
}

/** Orders texts by their UTF-16 code units: the same on every machine and in every locale. */
export function compareTexts(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
