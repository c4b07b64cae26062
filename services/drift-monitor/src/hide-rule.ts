import { parseDocument, type RuleSet } from '@vinaigrette/documents';
import { Problem } from '@vinaigrette/problems';
import type { ServedRule } from './domain/rule-decay.js';
import type { ReadRuleDecay } from './read-rule-decay.js';
import type { RuleSets } from './rule-sets.js';
import type { WantedNow } from './wanted-now.js';

export interface HiddenRule {
  ruleSet: string;
  /** Of the rule set that hides it now. */
  version: number;
  /** false: it was hidden already. */
  created: boolean;
  says: string;
}

/**
 * Hides an association rule that no longer holds: a new version of the shop's rule set does not show the rule's
 * consequent to baskets that hold its antecedent. The model stays as it is, and the alias's history is the way back.
 */
export class HideRule {
  constructor(
    private readonly decay: ReadRuleDecay,
    private readonly wanted: WantedNow,
    private readonly ruleSets: RuleSets,
  ) {}

  /** `ruleSet` empty: the one the model's use case names. Throws QUERY_INVALID naming the field, VERSION_NOT_FOUND. */
  async run(
    model: string,
    version: number,
    place: number,
    { ruleSet, reason }: { ruleSet: string; reason: string },
  ): Promise<HiddenRule> {
    if (reason.trim() === '') throw wrong('reason', 'say why, it is kept in the history');
    const rule = (await this.decay.rulesOf(model, version))[place];
    if (!rule) throw wrong('rule', `${model} ${version} has no rule ${place}`);
    const name = ruleSet === '' ? this.ruleSetOf(model) : ruleSet;
    const { version: current, body } = await this.ruleSets.read(name);
    const hiding = hidingRule(`hidden-${model}-${version}-${place}`, rule, reason);
    const says = `${rule.antecedent.join(' + ')} -> ${rule.consequent} is hidden by ${name}`;
    if (body.rules?.some(({ id }) => id === hiding.id)) {
      return { ruleSet: name, version: current, created: false, says: `${says} ${current} already` };
    }
    const next = { ...body, rules: [...(body.rules ?? []), hiding] };
    parseDocument('rule-set', next);
    const made = await this.ruleSets.publish(name, next, current, reason);
    return { ruleSet: name, version: made, created: true, says: `${says} ${made}; the version before was ${current}` };
  }

  private ruleSetOf(model: string): string {
    const cases = this.wanted.documents('use-case').filter(({ body }) => body.model === model);
    const names = [...new Set(cases.flatMap(({ body }) => body.ruleSet ?? []))];
    const [only] = names;
    if (only !== undefined && names.length === 1) return only;
    const which = names.length === 0 ? 'no use case of the model names one' : `there are ${names.join(', ')}`;
    throw wrong('ruleSet', `say which rule set: ${which}`);
  }
}

function hidingRule(id: string, { antecedent, consequent }: ServedRule, reason: string): RuleSet['rules'][number] {
  const holds = antecedent.map((sku) => `${JSON.stringify(sku)} in basket`).join(' && ');
  return { id, action: 'hide', skus: [consequent], when: { if: holds }, reason: reason.slice(0, 500) };
}

const wrong = (field: string, why: string) => new Problem('QUERY_INVALID', `${field}: ${why}`, { field });
