import { DataType, OnnxGraph } from '@vinaigrette/onnx-graph';
import { compareTexts } from './basket.js';
import { spellingsOf, type Policy } from './cleaning.js';
import type { Rule } from './mine-rules.js';

import { RECOMMENDATIONS_MAX } from './recommend.js';

/** Fewest places for the reasons of a recommendation, so that versions with short rules keep one shape. */
const REASONS_MIN = 3;

/**
 * The rules as an ONNX graph that takes baskets as text and answers as `recommend` does.
 *
 * Input `items` text [B, N], rows padded with "". Outputs, strongest first, K = min(50, items in the rules):
 * `skus` text [B, K], `confidence` float32 [B, K] in 0..1, `rule` int64 [B, K] (place in rules.json), `because` text
 * [B, K, A] (padded with ""). An empty place has the SKU "", confidence 0 and rule -1.
 *
 * Every item of a rule has a slot; after them come one slot for unknown SKUs and the padding, and one that is always
 * filled, which pads short antecedents. A slot's label is its SKU, of the two last "". Inside, the batch is the
 * innermost dimension: then a slot's or a rule's values for the whole batch lie together and are copied at once.
 *
 * @param rules strongest first; at least one
 */
export function ruleGraph(rules: readonly Rule[], policy: Policy): Uint8Array {
  const tables = tablesOf(rules);
  const { labels, slots, unknownSlot, alwaysSlot, antecedents, consequents, reasons } = tables;
  const none = rules.length; // the number of the rule that says nothing: one after the weakest
  const places = Math.min(RECOMMENDATIONS_MAX, tables.itemCount);
  const graph = new OnnxGraph('basket', 'Recommends what goes with a basket: its strongest association rules');

  const items = graph.input('items', DataType.STRING, ['batch', 'items']);
  const noneOf = graph.integers('none', [], [none]);
  const spellings = [...spellingsOf(labels.slice(0, tables.itemCount), policy)];
  const slotOf = graph.node('LabelEncoder', [items], {
    keys_strings: spellings.map(([spelling]) => spelling),
    values_int64s: spellings.map(([, sku]) => BigInt(slots.get(sku) as number)),
    default_int64: unknownSlot,
  });
  const itemSlots = graph.node('Transpose', [slotOf], { perm: [1n, 0n] });

  // Which slots each basket fills: bool [slots, B]. An empty batch is computed as if it had a row, which is cut off in
  // the end: ONNX Runtime's TopK divides by the number of rows, and takes the process down with it.
  const batch = graph.node('Gather', [graph.node('Shape', [items]), graph.integers('first', [1], [0])]);
  const slotCount = graph.integers('slotCount', [1], [labels.length]);
  const computed = graph.node('Max', [batch, graph.integers('one', [1], [1])]);
  const slotsByBatch = graph.node('Concat', [slotCount, computed], { axis: 0 });
  const filledAtFirst = labels.map((_, slot) => slot === alwaysSlot);
  const unfilled = graph.booleans('filledAtFirst', [labels.length, 1], filledAtFirst);
  const filled = graph.node(
    'ScatterElements',
    [
      graph.node('Expand', [unfilled, slotsByBatch]),
      itemSlots,
      graph.node('Expand', [graph.booleans('yes', [], [true]), graph.node('Shape', [itemSlots])]),
    ],
    { axis: 0 },
  );

  // Which rules apply: bool [rules, B]. Rules of one length stand together, so each asks for its own items only.
  const groups = tables.byLength.map((group) => {
    const columns = group.columns.map((column, place) => {
      const slotsOfColumn = graph.integers(`asked${group.columns.length}_${place}`, [column.length], column);
      return graph.node('Gather', [filled, slotsOfColumn], { axis: 0 });
    });
    return columns.reduce((all, next) => graph.node('And', [all, next]));
  });
  const applies = graph.node('Concat', groups, { axis: 0 });

  // The strongest rule that applies for each slot, as its number less the number of rules: below 0, or 0 where there is
  // none or the item is held. int32 [slots, B].
  const order = tables.byLength.flatMap((group) => group.rules);
  const strengths = order.map((rule) => rule - none);
  const strength = graph.int32s('strength', [none, 1], strengths);
  const candidates = graph.node('Mul', [strength, graph.node('Cast', [applies], { to: DataType.INT32 })]);
  const targetSlots = order.map((rule) => consequents[rule] as number);
  const targets = graph.integers('targets', [none, 1], targetSlots);
  // ScatterND would be faster on batches, and wrong wherever ONNX Runtime gives it more than one thread.
  const strongest = graph.node(
    'ScatterElements',
    [
      graph.node('Expand', [graph.int32s('nothing', [], [0]), slotsByBatch]),
      graph.node('Expand', [targets, graph.node('Shape', [candidates])]),
      candidates,
    ],
    { axis: 0, reduction: 'min' },
  );
  const notHeld = graph.node('Cast', [graph.node('Not', [filled])], { to: DataType.INT32 });
  const fresh = graph.node('Mul', [strongest, notHeld]);

  // The best places of each basket, and what the tables say of their rules.
  const scores = graph.node('Transpose', [fresh], { perm: [1n, 0n] });
  graph.add('TopK', [scores, graph.integers('places', [1], [places])], ['best', 'bestSlots'], {
    axis: 1,
    largest: 0,
    sorted: 1,
  });
  const asked = graph.node('Slice', ['best', graph.integers('start', [1], [0]), batch]);
  const chosen = graph.node('Add', [graph.node('Cast', [asked], { to: DataType.INT64 }), noneOf]);
  const isNone = graph.node('Equal', [chosen, noneOf]);
  const consequentTable = graph.integers('consequents', [none + 1], consequents);
  const antecedentTable = graph.integers('antecedents', [none + 1, reasons], antecedents);
  const labelTable = graph.strings('labels', labels);
  const confidences = graph.floats('confidences', [none + 1], [...rules.map((rule) => rule.confidence), 0]);
  graph.node('Gather', [labelTable, graph.node('Gather', [consequentTable, chosen])], {}, 'skus');
  graph.node('Gather', [confidences, chosen], {}, 'confidence');
  graph.node('Where', [isNone, graph.integers('noRule', [], [-1]), chosen], {}, 'rule');
  graph.node('Gather', [labelTable, graph.node('Gather', [antecedentTable, chosen])], {}, 'because');

  graph.output('skus', DataType.STRING, ['batch', places]);
  graph.output('confidence', DataType.FLOAT, ['batch', places]);
  graph.output('rule', DataType.INT64, ['batch', places]);
  graph.output('because', DataType.STRING, ['batch', places, reasons]);
  return graph.toBytes();
}

/** The rules as numbers; the last row of each table is the rule that says nothing. */
function tablesOf(rules: readonly Rule[]) {
  const skus = new Set(rules.flatMap((rule) => [...rule.antecedent, rule.consequent]));
  const labels = [...[...skus].sort(compareTexts), '', ''];
  const slots = new Map(labels.slice(0, -2).map((sku, slot) => [sku, slot]));
  const [unknownSlot, alwaysSlot] = [labels.length - 2, labels.length - 1];
  const longest = rules.reduce((most, rule) => Math.max(most, rule.antecedent.length), 1);
  const reasons = Math.max(REASONS_MIN, longest);
  const padded = (antecedent: readonly string[]) =>
    Array.from({ length: reasons }, (_, place) => slots.get(antecedent[place] ?? '') ?? alwaysSlot);
  return {
    labels,
    slots,
    itemCount: skus.size,
    unknownSlot,
    alwaysSlot,
    byLength: byLength(rules, slots),
    reasons,
    antecedents: [...rules.map((rule) => rule.antecedent), []].flatMap(padded),
    consequents: [...rules.map((rule) => slots.get(rule.consequent) as number), alwaysSlot],
  };
}

/** The rules of each length by their numbers, and the slots of their first items, of their second ones, and so on. */
function byLength(rules: readonly Rule[], slots: ReadonlyMap<string, number>) {
  const lengths = new Set(rules.map((rule) => rule.antecedent.length));
  return [...lengths].sort().map((length) => {
    const numbers = [...rules.keys()].filter((rule) => rules[rule]?.antecedent.length === length);
    const columns = Array.from({ length }, (_, place) =>
      numbers.map((rule) => slots.get(rules[rule]?.antecedent[place] as string) as number),
    );
    return { rules: numbers, columns };
  });
}
