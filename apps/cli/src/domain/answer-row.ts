import type { ReadyUseCase } from '@vinaigrette/app-gateway/parts';
import type { Moment, PredictionUseCase, RecommendationUseCase, TensorValue } from '@vinaigrette/documents';
import { Problem } from '@vinaigrette/problems';
import {
  adjustOutputs,
  applyRules,
  basketTensors,
  bestSellingItems,
  differentItems,
  inputTensors,
  makeInputs,
  noRules,
  numbersFromText,
  outputValues,
  recommendedItems,
  rulesBefore,
  scopeOf,
  Situation,
  type CatalogueRow,
  type Circumstances,
  type Item,
  type Outputs,
  type Tensors,
} from '@vinaigrette/serving';

/** One request that nobody waits for: a row of a table, or one that was logged. */
export interface RowAsked {
  /** The customer, or whatever is predicted for; undefined: nobody in particular. */
  unit: string | undefined;
  attributes: Readonly<Record<string, unknown>>;
  context: { moment?: Moment | undefined; market?: string | undefined; channel?: string | undefined };
  /** Of a recommendation. */
  basket: readonly string[];
  /** Of a prediction. */
  inputs: Readonly<Record<string, TensorValue>>;
}

/** What the model is asked for a row, and what the rules said before. */
export interface RowQuestion {
  inputs: Tensors;
  basket: readonly string[];
  situation: Situation;
  fired: string[];
}

/** What a recommendation comes to. */
export interface RowItems {
  /** Before the rules, as many as an answer may hold; for whoever applies the rules of another day. */
  offered: Item[];
  /** After the rules, as many as an answer holds. */
  shown: Item[];
  /** The rung that answered in the model's place; undefined: the model did. */
  fallback: string | undefined;
  fired: string[];
}

/**
 * The question a gateway would ask the model for this row. Throws SIGNATURE_MISMATCH naming the input, or
 * REFUSED_BY_RULE.
 */
export function questionOf(useCase: ReadyUseCase, row: RowAsked, circumstances: Circumstances): RowQuestion {
  const { document, expressions, ruleSet, wanted } = useCase;
  const situation = new Situation(ruleSet?.rules ?? noRules, circumstances);
  const before = rulesBefore(ruleSet?.rules ?? noRules, situation);
  if (before.refusal !== undefined) throw new Problem('REFUSED_BY_RULE', before.refusal);
  const fired = before.fired.map(({ rule }) => rule);
  if (document.kind === 'recommendation') {
    const basket = differentItems(row.basket);
    const inputs = basketTensors(basket.filter((sku) => !before.maskedSkus.has(sku)));
    return { inputs, basket, situation, fired };
  }
  const given = givenInputs(document, row, useCase);
  const values = makeInputs(document, expressions, given, before, scopeOf(expressions.fields, circumstances));
  return { inputs: inputTensors(wanted.signature, values, document.fields), basket: [], situation, fired };
}

/** A row's inputs as its circumstances hold them. */
export function givenInputs(
  document: PredictionUseCase,
  { inputs }: RowAsked,
  { wanted }: Pick<ReadyUseCase, 'wanted'>,
): RowAsked['inputs'] {
  return document.numbersFromText ? numbersFromText(inputs, wanted.signature, document.fields) : inputs;
}

/** What the rules make of the model's outputs, one row of each. */
export function outputsOf(
  useCase: ReadyUseCase<PredictionUseCase>,
  question: RowQuestion,
  answered: Tensors,
): { outputs: Outputs; fired: string[] } {
  const { outputs, fired } = adjustOutputs(
    useCase.ruleSet?.rules ?? noRules,
    outputValues(answered),
    question.situation,
  );
  return { outputs, fired: [...question.fired, ...fired.map(({ rule }) => rule)] };
}

/** The model's items before the rules, or the best sellers where it names none and the ladder has them. */
export function offeredItems(
  { document, wanted }: ReadyUseCase<RecommendationUseCase>,
  { basket }: RowQuestion,
  answered: Tensors,
): { items: Item[]; fallback: string | undefined } {
  const items = recommendedItems(answered, basket) ?? [];
  if (items.length > 0 || wanted.bestSellers.length === 0 || !document.fallback.includes('best-sellers')) {
    return { items, fallback: undefined };
  }
  return { items: bestSellingItems(wanted.bestSellers, basket), fallback: 'best-sellers' };
}

/** What the rules make of the items that are offered. */
export function itemsOf(
  { document, ruleSet }: ReadyUseCase<RecommendationUseCase>,
  { situation, fired: told }: RowQuestion,
  { items: offered, fallback }: ReturnType<typeof offeredItems>,
  catalogue: ReadonlyMap<string, CatalogueRow>,
): RowItems {
  situation.catalogue = catalogue;
  const { items, fired } = applyRules(ruleSet?.rules ?? noRules, offered, situation, fallback === undefined);
  return {
    offered: offered.slice(0, document.limit.max),
    shown: items.slice(0, document.limit.default),
    fallback,
    fired: [...told, ...fired.map(({ rule }) => rule)],
  };
}
