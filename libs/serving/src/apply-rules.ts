import { isAbout, type ItemFacts } from './item-facts.js';
import type { CompiledItemRule, CompiledRules, RuleOfItems } from './compile-rules.js';
import { apart, capped, quoted, type Candidate } from './arrange-items.js';
import type { FiredOnOutputs } from './adjust-outputs.js';
import type { FiredBefore } from './rules-before.js';
import type { Selection } from './rules-in-scope.js';
import type { Situation } from './situation.js';

/** Why an item is recommended. */
export type Reason =
  /** Who has `because` in the basket also buys the item: in `confidence` (0..1) of all such baskets. */
  | { kind: 'bought-together'; because: string[]; confidence: number; rule?: number }
  /** Nothing is known about this basket; `baskets` of the training sales hold the item. */
  | { kind: 'best-seller'; because: string[]; baskets: number }
  /** The shop wants it here, by this rule; the model did not name it. */
  | { kind: 'pinned'; because: string[]; rule: string };

export interface Item {
  sku: string;
  /** The model's confidence, 0..1; of a best seller its baskets as a share of the best one's, 0..1; of a pin 0. */
  score: number;
  reasons: Reason[];
}

/** A rule that changed the items, and what it changed: which it took away, which it moved. */
export interface FiredOnItems {
  rule: string;
  action: RuleOfItems['action'];
  removed: string[];
  moved: string[];
}

/** Any rule that fired, wherever in the request. */
export type Fired = FiredBefore | FiredOnItems | FiredOnOutputs;

/** Told of each rule that fired, and of the items as it left them. */
export type Trace = (fired: FiredOnItems, left: readonly string[]) => void;

/**
 * The items the rules leave, and which rules changed something. Rules act in their order, except that pins hold
 * whatever comes before or after them: a pinned item counts for every cap, no quota, and is dropped when any rule
 * hides it. `scored` says that the scores are a model's: only those can be held against a minimum.
 */
export function applyRules(
  rules: CompiledRules,
  items: readonly Item[],
  situation: Situation,
  scored: boolean,
  trace?: Trace,
): { items: Item[]; fired: FiredOnItems[] } {
  const inScope = rules.items.of(situation.circumstances);
  if (inScope.all.length === 0) return { items: [...items], fired: [] };
  const fired: FiredOnItems[] = [];
  const candidates = items.map((item) => candidateOf(item, rules, situation));
  const touched = union(candidates, rules.facts);
  let pins = pinsOf(inScope, rules, candidates, situation);
  let left =
    pins.length === 0 ? candidates : candidates.filter((it) => !pins.some(({ item }) => item.sku === it.item.sku));
  const tell = (rule: RuleOfItems, removed: string[], moved: string[]) => {
    const told = { rule: rule.id, action: rule.action, removed, moved };
    fired.push(told);
    trace?.(
      told,
      withPins(left, pins).map(({ item }) => item.sku),
    );
  };
  for (const compiled of inScope.all) {
    const { rule } = compiled;
    // Nothing to look at: the facts of all the items say so without asking the rule's condition.
    if (compiled.fact >= 0 && !isAbout(touched, compiled.fact)) continue;
    if (!compiled.applies(situation)) continue;
    if (rule.action === 'pin') {
      if (pins.some((pin) => pin.rule === rule.id)) tell(rule, [], [rule.sku]);
      continue;
    }
    const [before, pinsBefore] = [left, pins];
    left = changed(compiled, left, pins, situation, scored);
    if (rule.action === 'cap' && pins.length > 0) pins = cappedPins(rule, pins);
    if (left === before && pins === pinsBefore) continue;
    if (takesAway.has(rule.action) && left.length === before.length && pins === pinsBefore) continue;
    const [removed, moved] = difference(listed(pinsBefore, before), listed(pins, left));
    if (removed.length + moved.length > 0) tell(rule, removed, moved);
  }
  return { items: withPins(left, pins).map(({ item }) => item), fired };
}

/** Rules that change nothing unless the list gets shorter. */
const takesAway: ReadonlySet<RuleOfItems['action']> = new Set(['hide', 'minimum-score', 'cap']);

interface Pin extends Candidate {
  rule: string;
  /** Counted from 1. */
  position: number;
}

function candidateOf(item: Item, rules: CompiledRules, situation: Situation): Candidate {
  const { row, words } = rules.facts.of(item.sku, situation.catalogue?.get(item.sku));
  return { item, row, words, weight: item.score, buried: false };
}

/** What the rules say of any of the items. */
function union(candidates: readonly Candidate[], { words, none }: ItemFacts): Uint32Array {
  const all = new Uint32Array(words);
  for (const candidate of candidates) {
    if (candidate.words === none) continue;
    for (let word = 0; word < words; word++) all[word]! |= candidate.words[word]!;
  }
  return all;
}

const listed = (pins: readonly Candidate[], list: readonly Candidate[]): readonly Candidate[] =>
  pins.length === 0 ? list : [...pins, ...list];

/** Whether the rule is about the item. */
function chooses({ fact, where }: CompiledItemRule, candidate: Candidate, situation: Situation): boolean {
  if (isAbout(candidate.words, fact)) return true;
  if (!where) return false;
  const { scope } = situation;
  scope.item = candidate.row;
  scope.score = candidate.item.score;
  return where(scope);
}

/** What is pinned, by position: nothing twice, nothing already in the basket, nothing that any rule hides. */
function pinsOf(
  inScope: Selection,
  rules: CompiledRules,
  candidates: readonly Candidate[],
  situation: Situation,
): Pin[] {
  const pins: Pin[] = [];
  for (const { rule, applies } of inScope.pins) {
    if (rule.action !== 'pin' || situation.basket.has(rule.sku) || !applies(situation)) continue;
    if (pins.some(({ item, position }) => item.sku === rule.sku || position === rule.position)) continue;
    const offered: Item = { sku: rule.sku, score: 0, reasons: [{ kind: 'pinned', because: [], rule: rule.id }] };
    const candidate = candidates.find(({ item }) => item.sku === rule.sku) ?? candidateOf(offered, rules, situation);
    if (isHidden(inScope, candidate, situation)) continue;
    pins.push({ ...candidate, rule: rule.id, position: rule.position });
  }
  return pins.sort((a, b) => a.position - b.position);
}

const isHidden = ({ hides }: Selection, candidate: Candidate, situation: Situation): boolean =>
  hides.some((hiding) => chooses(hiding, candidate, situation) && hiding.applies(situation));

/** The same list when the rule changes nothing. */
function changed(
  compiled: CompiledItemRule,
  left: Candidate[],
  pins: readonly Pin[],
  situation: Situation,
  scored: boolean,
): Candidate[] {
  const { rule } = compiled;
  const chosen = (candidate: Candidate) => chooses(compiled, candidate, situation);
  switch (rule.action) {
    case 'hide':
      return left.filter((candidate) => !chosen(candidate));
    case 'minimum-score':
      return scored ? left.filter(({ item }) => item.score >= rule.score) : left;
    case 'cap':
      return capped(left, pins, rule.items, rule.per);
    case 'boost':
      for (const candidate of left) {
        if (!chosen(candidate)) continue;
        situation.scope.item = candidate.row;
        situation.scope.score = candidate.item.score;
        candidate.weight *= compiled.factor(situation.scope);
      }
      return ordered(left);
    case 'bury':
      for (const candidate of left) candidate.buried ||= chosen(candidate);
      return ordered(left);
    case 'quota':
      return quoted(left, chosen, rule);
    case 'diversify':
      return apart(left, rule.by, rule.gap);
    case 'pin':
      return left;
  }
}

/** Lists up to this long are sorted by insertion, which costs little where few items have moved, and not far. */
const INSERTED_MAX = 100;

/** The same list when it is in order already. */
function ordered(left: Candidate[]): Candidate[] {
  let next = 1;
  while (next < left.length && comesBefore(left[next - 1]!, left[next]!) <= 0) next += 1;
  if (next >= left.length) return left;
  if (left.length > INSERTED_MAX) return left.toSorted(comesBefore);
  const sorted = [...left];
  for (; next < sorted.length; next++) {
    const candidate = sorted[next]!;
    let place = next;
    for (; place > 0 && comesBefore(sorted[place - 1]!, candidate) > 0; place--) sorted[place] = sorted[place - 1]!;
    sorted[place] = candidate;
  }
  return sorted;
}

const comesBefore = (a: Candidate, b: Candidate): number =>
  a.buried === b.buried ? b.weight - a.weight : a.buried ? 1 : -1;

function cappedPins({ items, per }: Extract<RuleOfItems, { action: 'cap' }>, pins: Pin[]): Pin[] {
  const left = capped(pins, [], items, per);
  return left.length === pins.length ? pins : left;
}

function withPins(left: readonly Candidate[], pins: readonly Pin[]): Candidate[] {
  const list = [...left];
  for (const pin of pins) list.splice(pin.position - 1, 0, pin);
  return list;
}

/** The SKUs that are gone, and those that now stand before one that stood before them, or the reverse. */
function difference(before: readonly Candidate[], after: readonly Candidate[]): [string[], string[]] {
  if (after.length === before.length) return [[], movedFrom(before, after)]; // no rule adds an item
  const removed: string[] = [];
  let met = 0;
  for (const candidate of before) {
    if (met < after.length && after[met]!.item === candidate.item) met += 1;
    else removed.push(candidate.item.sku);
  }
  if (met === after.length) return [removed, []]; // nothing but gaps: as most rules leave a list
  const stays = new Set(after.map(({ item }) => item));
  const gone = before.filter(({ item }) => !stays.has(item));
  const stayed = before.filter(({ item }) => stays.has(item));
  return [gone.map(({ item }) => item.sku), movedFrom(stayed, after)];
}

/** The SKUs that do not stand where they stood, of two orders of the same items. */
function movedFrom(before: readonly Candidate[], after: readonly Candidate[]): string[] {
  const moved: string[] = [];
  for (let place = 0; place < after.length; place++) {
    if (after[place]!.item !== before[place]!.item) moved.push(after[place]!.item.sku);
  }
  return moved;
}
