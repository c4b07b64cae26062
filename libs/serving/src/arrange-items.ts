import type { Row } from '@vinaigrette/documents';
import type { Item } from './apply-rules.js';

/** An item on its way through the rules. */
export interface Candidate {
  item: Item;
  row: Row<'item'>;
  words: Uint32Array;
  /** What the list is ordered by: the score, as boosted. */
  weight: number;
  buried: boolean;
}

/** At most `most` items, those of `ahead` counted; with `per`, of each value of that field. Unknown values are free. */
export function capped<C extends Candidate>(list: C[], ahead: readonly Candidate[], most: number, per?: string): C[] {
  if (per === undefined) return list.slice(0, Math.max(0, most - ahead.length));
  const seen = new Map<unknown, number>();
  const counts = ({ row }: Candidate): boolean => {
    const value = row[per];
    if (value === undefined) return true;
    const count = (seen.get(value) ?? 0) + 1;
    if (count <= most) seen.set(value, count);
    return count <= most;
  };
  ahead.forEach(counts);
  return list.filter(counts);
}

/**
 * At least `min` chosen items, as far as there are any, and at most `max` among the first `within`; the others keep
 * their order. Chosen items too many for a list too short to move them back are left out.
 */
export function quoted<C extends Candidate>(
  list: C[],
  chosen: (candidate: C) => boolean,
  { min = 0, max = Infinity, within }: { min?: number | undefined; max?: number | undefined; within: number },
): C[] {
  const waiting = { chosen: list.filter(chosen), others: [] as C[] };
  const isChosen = new Set(waiting.chosen);
  waiting.others = list.filter((candidate) => !isChosen.has(candidate));
  const places = new Map(list.map((candidate, index) => [candidate, index]));
  const placeOf = (candidate: C | undefined) => (candidate ? places.get(candidate)! : Infinity);
  const head: C[] = [];
  let taken = 0;
  while (head.length < within) {
    const [promoted] = waiting.chosen;
    const [other] = waiting.others;
    const mustTake = min - taken >= within - head.length || !other;
    const isNext = placeOf(promoted) < placeOf(other);
    if (promoted && taken < max && (mustTake || isNext)) {
      head.push(waiting.chosen.shift()!);
      taken += 1;
    } else if (other) head.push(waiting.others.shift()!);
    else break;
  }
  if (head.length < within) return head;
  const tail = [...waiting.chosen, ...waiting.others].sort((a, b) => placeOf(a) - placeOf(b));
  return [...head, ...tail];
}

/** Keeps items of one value at least `gap` places apart, as far as there are others; who waits keeps its turn. */
export function apart<C extends Candidate>(list: C[], by: string, gap: number): C[] {
  const waiting = [...list];
  const arranged: C[] = [];
  while (waiting.length > 0) {
    const near = new Set(arranged.slice(-gap).map(({ row }) => row[by]));
    near.delete(undefined as never);
    const next = waiting.findIndex(({ row }) => !near.has(row[by]!));
    arranged.push(...waiting.splice(Math.max(0, next), 1));
  }
  return arranged;
}
