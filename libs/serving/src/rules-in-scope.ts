import type { Rule } from '@vinaigrette/documents';
import type { CompiledItemRule } from './compile-rules.js';
import type { Circumstances } from './situation.js';

/** Selections kept; then they are forgotten, and made again as they are asked for. */
const KEPT_MAX = 1_000;

/** The rules that may act on a request, as far as its moment, market, channel and time say; conditions are still open. */
export interface Selection {
  all: readonly CompiledItemRule[];
  pins: readonly CompiledItemRule[];
  hides: readonly CompiledItemRule[];
}

type When = NonNullable<Rule['when']>;
type Said = Pick<Circumstances, 'context' | 'nowMs'>;

/** A scope that lists moments leaves out every request that does not say its own; so for markets and channels. */
export function isInScope(when: When | undefined): (said: Said) => boolean {
  if (!when) return () => true;
  const [fromMs, untilMs] = [
    when.from ? Date.parse(when.from) : -Infinity,
    when.until ? Date.parse(when.until) : Infinity,
  ];
  return ({ context, nowMs }) =>
    nowMs >= fromMs &&
    nowMs < untilMs &&
    has(when.moments, context?.moment) &&
    has(when.markets, context?.market) &&
    has(when.channels, context?.channel);
}

function has<T>(listed: readonly T[] | undefined, value: T | undefined): boolean {
  return listed === undefined || (value !== undefined && listed.includes(value));
}

/**
 * Finds the rules in scope without asking each: requests from one place and season share a selection. So a rule for
 * another market, or of last winter, costs a request nothing.
 */
export class RulesInScope {
  private readonly kept = new Map<string, Selection>();
  private readonly places: Record<'moments' | 'markets' | 'channels', ReadonlySet<string>>;
  /** When a rule begins or ends, in milliseconds since the epoch, ascending. */
  private readonly turnsMs: readonly number[];

  constructor(readonly rules: readonly CompiledItemRule[]) {
    const scopes = rules.flatMap(({ rule }) => rule.when ?? []);
    const named = (of: (when: When) => readonly string[] | undefined) => new Set(scopes.flatMap((it) => of(it) ?? []));
    this.places = {
      moments: named((it) => it.moments),
      markets: named((it) => it.markets),
      channels: named((it) => it.channels),
    };
    const turns = scopes.flatMap(({ from, until }) => [from, until].flatMap((it) => it ?? []));
    this.turnsMs = [...new Set(turns.map((it) => Date.parse(it)))].sort((a, b) => a - b);
  }

  of(said: Said): Selection {
    const { context, nowMs } = said;
    const { moments, markets, channels } = this.places;
    const place = `${known(moments, context?.moment)}\n${known(markets, context?.market)}\n${known(channels, context?.channel)}`;
    const key = `${this.seasonOf(nowMs)}\n${place}`;
    const kept = this.kept.get(key);
    if (kept) return kept;
    if (this.kept.size >= KEPT_MAX) this.kept.clear();
    const all = this.rules.filter(({ inScope }) => inScope(said));
    const of = (action: Rule['action']) => all.filter(({ rule }) => rule.action === action);
    const selection = { all, pins: of('pin'), hides: of('hide') };
    this.kept.set(key, selection);
    return selection;
  }

  /** How many rules have begun or ended by then, counting each moment once. */
  private seasonOf(nowMs: number): number {
    const next = this.turnsMs.findIndex((turnMs) => turnMs > nowMs);
    return next < 0 ? this.turnsMs.length : next;
  }
}

/** A place that no rule names is as good as any other. */
const known = (named: ReadonlySet<string>, place: string | undefined): string =>
  place !== undefined && named.has(place) ? place : '';
