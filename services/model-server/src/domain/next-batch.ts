import type { ModelSettings } from './model-settings.js';

/** A waiting request as far as its place in the queue and joining it with others go. */
export interface Queued {
  /** Rows of the batch it carries; undefined: it must run alone. */
  rows: number | undefined;
  /** Equal for requests that may be joined: see `joiningKey`. */
  key: string;
  /** 1: served first. */
  priority: number;
  sinceMs: number;
  /** When it has waited too long for its queue policy; Infinity: never. */
  lateAtMs: number;
  /** Late, and kept to be answered after all others. */
  delayed: boolean;
}

export type BatchSettings = Pick<ModelSettings, 'batchRowsMax' | 'batchRowsPreferred' | 'batchDelayMs'>;

/** What an executor that is free should do. */
export interface NextBatch<T> {
  /** To run now, joined; empty: nothing. */
  batch: T[];
  rest: T[];
  /** Undefined: now, or when a request comes. A number: in so many milliseconds, unless enough others come before. */
  waitMs: number | undefined;
}

/** Puts a request behind all that go before it: the more urgent, and those of its own priority that came earlier. */
export function enqueue<T extends Queued>(queue: T[], request: T): void {
  let at = queue.length;
  while (at > 0 && isBefore(request, queue[at - 1] as T)) at--;
  queue.splice(at, 0, request);
}

const isBefore = (one: Queued, other: Queued): boolean =>
  one.delayed === other.delayed ? one.priority < other.priority : other.delayed;

/**
 * The next batch: the request at the head, and those behind it that may be joined, up to `batchRowsMax` rows. A request
 * larger than that runs alone. Sizes that are preferred are waited for until the oldest of the batch has waited
 * `batchDelayMs`; of what waits, the largest preferred size is taken. Without a delay nothing is ever waited for.
 */
export function nextBatch<T extends Queued>(queue: readonly T[], settings: BatchSettings, nowMs: number): NextBatch<T> {
  const [head] = queue;
  if (!head) return { batch: [], rest: [], waitMs: undefined };
  if (head.rows === undefined) return { batch: [head], rest: queue.slice(1), waitMs: undefined };
  const { batch, rest, rows } = joinable(queue, head, settings.batchRowsMax);
  const fitting = settings.batchRowsPreferred.findLast((size) => size <= rows);
  if (fitting !== undefined && fitting < rows) {
    const preferred = joinable(queue, head, Math.max(fitting, head.rows));
    return { batch: preferred.batch, rest: preferred.rest, waitMs: undefined };
  }
  const full = fitting !== undefined || rows >= settings.batchRowsMax;
  const oldestMs = batch.reduce((oldest, { sinceMs }) => Math.min(oldest, sinceMs), head.sinceMs);
  const waitMs = oldestMs + settings.batchDelayMs - nowMs;
  if (!full && waitMs > 0) return { batch: [], rest: [...queue], waitMs };
  return { batch, rest, waitMs: undefined };
}

function joinable<T extends Queued>(queue: readonly T[], head: T, rowsMax: number) {
  const batch: T[] = [];
  const rest: T[] = [];
  let rows = 0;
  for (const [index, request] of queue.entries()) {
    if (rows >= rowsMax) return { batch, rest: [...rest, ...queue.slice(index)], rows };
    const joins = request === head || (request.key === head.key && rows + (request.rows ?? Infinity) <= rowsMax);
    if (joins) rows += request.rows as number;
    (joins ? batch : rest).push(request);
  }
  return { batch, rest, rows };
}
