import type { TensorValue } from '@vinaigrette/documents';
import type { CompiledRules } from './compile-rules.js';
import type { Situation } from './situation.js';

/** A rule that changed what the model sees, or refused to ask it. */
export type FiredBefore =
  | { rule: string; action: 'refuse'; message: string }
  | { rule: string; action: 'default'; input: string; value: TensorValue }
  | { rule: string; action: 'mask'; masked: string[] };

export interface Before {
  /** Set: no answer, with this message. The rules after it were not asked. */
  refusal: string | undefined;
  /** What the model does not see: names of inputs. */
  maskedInputs: ReadonlySet<string>;
  /** What the model does not see: items of the basket. */
  maskedSkus: ReadonlySet<string>;
  /** By input: what is sent where the request says nothing; the first rule to say so decides. */
  defaults: Readonly<Record<string, TensorValue>>;
  fired: FiredBefore[];
}

/** What the rules say before the model is asked. */
export function rulesBefore({ before }: CompiledRules, situation: Situation): Before {
  const { basket, inputs = {} } = situation.circumstances;
  const [maskedInputs, maskedSkus] = [new Set<string>(), new Set<string>()];
  const defaults: Record<string, TensorValue> = {};
  const fired: FiredBefore[] = [];
  for (const { rule, applies } of before) {
    if (!applies(situation)) continue;
    if (rule.action === 'refuse') {
      fired.push({ rule: rule.id, action: 'refuse', message: rule.message });
      return { refusal: rule.message, maskedInputs, maskedSkus, defaults, fired };
    }
    if (rule.action === 'default') {
      const { input, value } = rule;
      if (Object.hasOwn(defaults, input) || Object.hasOwn(inputs, input)) continue;
      defaults[input] = value;
      fired.push({ rule: rule.id, action: 'default', input, value });
      continue;
    }
    const given = (rule.inputs ?? []).filter((input) => Object.hasOwn(inputs, input) && !maskedInputs.has(input));
    const hidden = new Set(rule.skus);
    const held = (basket ?? []).filter((sku) => hidden.has(sku) && !maskedSkus.has(sku));
    for (const input of given) maskedInputs.add(input);
    for (const sku of held) maskedSkus.add(sku);
    if (given.length + held.length > 0) fired.push({ rule: rule.id, action: 'mask', masked: [...given, ...held] });
  }
  return { refusal: undefined, maskedInputs, maskedSkus, defaults, fired };
}
