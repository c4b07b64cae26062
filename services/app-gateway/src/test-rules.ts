import type { FieldValue, RuleSet, TensorValue } from '@vinaigrette/documents';
import { Problem } from '@vinaigrette/problems';
import {
  adjustOutputs,
  applyRules,
  bestSellingItems,
  type CatalogueRow,
  checkRules,
  type CompiledRules,
  compileRules,
  type Fired,
  type FiredOnItems,
  type Item,
  noRules,
  type Outputs,
  rulesBefore,
  Situation,
} from '@vinaigrette/serving';
import type { ConfigurationInForce } from './configuration-in-force.js';
import type { ReadyUseCase } from './domain/configuration.js';
import type { GatherCircumstances, NamedCustomer, Said } from './gather-circumstances.js';

export interface RulesTest {
  useCase: string;
  /** A version in force or on trial; absent: the one in force. */
  ruleSetVersion?: number | undefined;
  /** A rule set that is not registered, in its place. */
  rules?: RuleSet | undefined;
  basket?: readonly string[] | undefined;
  inputs?: Readonly<Record<string, TensorValue>> | undefined;
  customer?: NamedCustomer | undefined;
  context?: Said['context'];
  /** What the model is taken to recommend; absent: best sellers. */
  items?: readonly { sku: string; score: number }[] | undefined;
  /** What the model is taken to predict. */
  outputs?: Readonly<Record<string, TensorValue>> | undefined;
  /** Rows by SKU, in the place of the catalogue's. */
  catalogue?: Readonly<Record<string, Readonly<Record<string, FieldValue>>>> | undefined;
  nowMs: number;
}

export interface RulesTested {
  ruleSet: { name: string; version: number } | null;
  refused: string | null;
  fired: (Fired | (FiredOnItems & { left: readonly string[] }))[];
  items: { sku: string; score: number }[];
  outputs: Outputs;
}

/** Which rules would fire, and what would each change? Asks no model and writes no record. */
export class TestRules {
  constructor(
    private readonly configuration: ConfigurationInForce,
    private readonly shop: GatherCircumstances,
  ) {}

  /** Throws DOCUMENT_INVALID when the rules and the use case do not fit. */
  async test(test: RulesTest): Promise<RulesTested> {
    const useCase = this.configuration.useCase(test.useCase);
    const { document, wanted } = useCase;
    const { rules, ruleSet } = rulesOf(useCase, test);
    checkRules(document, rules, wanted.signature);
    const { basket = [], inputs, customer, context, nowMs } = test;
    const said = { basket, inputs, customer, context, nowMs };
    const situation = new Situation(rules, await this.shop.of(document, said, document.budgetMs));
    const before = rulesBefore(rules, situation);
    const fired: RulesTested['fired'] = [...before.fired];
    if (before.refusal !== undefined) return { ruleSet, refused: before.refusal, fired, items: [], outputs: {} };
    const offered = test.items ? test.items.map(asItem) : bestSellingItems(wanted.bestSellers, basket);
    situation.catalogue = test.catalogue
      ? new Map<string, CatalogueRow>(Object.entries(test.catalogue))
      : await this.shop.catalogue(document, [...offered.map(({ sku }) => sku), ...rules.pinned], document.budgetMs);
    const scored = test.items !== undefined;
    const { items } = applyRules(rules, offered, situation, scored, (one, left) => fired.push({ ...one, left }));
    const adjusted = adjustOutputs(rules, { ...test.outputs }, situation);
    fired.push(...adjusted.fired);
    return { ruleSet, refused: null, fired, items: items.map(asShown), outputs: adjusted.outputs };
  }
}

const asItem = ({ sku, score }: { sku: string; score: number }): Item => ({ sku, score, reasons: [] });
const asShown = ({ sku, score }: Item) => ({ sku, score });

function rulesOf(
  { name, ruleSet, trials }: ReadyUseCase,
  { rules, ruleSetVersion }: RulesTest,
): { rules: CompiledRules; ruleSet: RulesTested['ruleSet'] } {
  if (rules) return { rules: compileRules(rules), ruleSet: null };
  if (ruleSetVersion === undefined && !ruleSet) return { rules: noRules, ruleSet: null };
  const known = [...(ruleSet ? [ruleSet] : []), ...trials.ruleSet.map(({ candidate }) => candidate)];
  const found = ruleSetVersion === undefined ? ruleSet : known.find(({ version }) => version === ruleSetVersion);
  if (found) return { rules: found.rules, ruleSet: { name: found.name, version: found.version } };
  throw new Problem(
    'VERSION_NOT_FOUND',
    `${name} follows no rule set in version ${ruleSetVersion}, only ${known.map(({ version }) => version).join(', ') || 'none'}; send others as \`rules\``,
    { field: 'ruleSetVersion' },
  );
}
