import type { Baseline, Feature, NumericFeature } from '@vinaigrette/drift';

/** A rule as rules.json tells it, strongest first. */
export interface PlainRule {
  antecedent: readonly string[];
  consequent: string;
  confidence: number;
}

/** What one basket looks like to the drift monitor. */
export interface Observation {
  items: readonly string[];
  /** Of the strongest recommendation; 0 when there is none. */
  topConfidence: number;
  hit: boolean;
}

export interface OracleFeature {
  name: string;
  /** Absent where all training values are in one bin: the index would measure its own floor. */
  psi?: number;
  /** Largest distance of the two distributions at an edge of the baseline's grid; absent for items. */
  ks?: number;
  count: number;
}

/**
 * The recommendations of plain rules, best first: of each SKU that is not in the basket, the first rule that holds.
 * Written from the meaning of a rule alone, so that it can disagree with the graph, the gateway and the monitor.
 */
export function plainRecommendations(
  rules: readonly PlainRule[],
  basket: readonly string[],
): { sku: string; confidence: number }[] {
  const has = new Set(basket);
  const answers = new Map<string, number>();
  for (const { antecedent, consequent, confidence } of rules) {
    if (!has.has(consequent) && !answers.has(consequent) && antecedent.every((sku) => has.has(sku))) {
      answers.set(consequent, confidence);
    }
  }
  return [...answers].map(([sku, confidence]) => ({ sku, confidence }));
}

/** Every feature of the basket's baseline measured over all observations at once, from the values themselves. */
export function measure(baseline: Baseline, observations: readonly Observation[]): OracleFeature[] {
  const known = new Set(baseline.vocabularies.items);
  const numbers: Record<string, number[]> = {
    basketSize: observations.map(({ items }) => items.length),
    knownShare: observations.map(({ items }) => items.filter((sku) => known.has(sku)).length / items.length),
    topConfidence: observations.map(({ topConfidence }) => Math.fround(topConfidence)),
  };
  return baseline.features.map((feature) => {
    if (feature.kind === 'numeric') return measureNumeric(feature, numbers[feature.name] ?? []);
    return measureItems(
      feature,
      observations.flatMap(({ items }) => items),
    );
  });
}

function measureNumeric(feature: NumericFeature, values: readonly number[]): OracleFeature {
  const trained = (from: number, to: number) =>
    feature.counts.reduce((sum, count, bin) => {
      const low = bin === 0 ? -Infinity : (feature.edges[bin - 1] as number);
      return low >= from && low < to ? sum + count : sum;
    }, 0) / feature.count;
  const seen = (from: number, to: number) =>
    values.filter((value) => value >= from && value < to).length / values.length;
  const cuts = [-Infinity, ...feature.psiCuts, Infinity];
  const bins = cuts.slice(1).map((to, index) => [cuts[index] as number, to] as const);
  const shares = bins.map(([from, to]) => [trained(from, to), seen(from, to)] as const);
  return {
    name: feature.name,
    count: values.length,
    ...(shares.filter(([share]) => share > 0).length > 1 ? { psi: psi(shares) } : {}),
    ks: Math.max(...feature.edges.map((edge) => Math.abs(trained(-Infinity, edge) - seen(-Infinity, edge)))),
  };
}

function measureItems(feature: Exclude<Feature, NumericFeature>, items: readonly string[]): OracleFeature {
  const named = feature.values.map(({ value, count }) => {
    return [count / feature.count, items.filter((item) => item === value).length / items.length] as const;
  });
  const rest = (side: 0 | 1) => 1 - named.reduce((sum, shares) => sum + shares[side], 0);
  return { name: feature.name, count: items.length, psi: psi([...named, [rest(0), rest(1)]]) };
}

/** Siddiqi's index with both shares raised to 1e-4. */
function psi(shares: readonly (readonly [number, number])[]): number {
  return shares.reduce((sum, [expected, actual]) => {
    const [e, a] = [Math.max(expected, 1e-4), Math.max(actual, 1e-4)];
    return sum + (a - e) * Math.log(a / e);
  }, 0);
}
