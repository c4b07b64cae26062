import type { CompiledOutputRule, CompiledRules } from './compile-rules.js';
import type { Situation } from './situation.js';

/** A prediction's outputs by name: a value a row, or a list of them. */
export type Outputs = Record<string, OutputValue>;
export type OutputValue = number | string | boolean | null | OutputValue[];

/** A rule that changed an output, and what it changed. */
export type FiredOnOutputs =
  | { rule: string; action: 'clamp'; output: string; from: number; to: number }
  | { rule: string; action: 'override'; output: string; from: OutputValue; to: OutputValue; reason: string };

/**
 * The outputs within the bounds the rules set, each number of a list too, and with the values they put in others'
 * places; and which rules changed something. An output that the model does not have is not made up.
 */
export function adjustOutputs(
  rules: CompiledRules,
  outputs: Readonly<Outputs>,
  situation: Situation,
): { outputs: Outputs; fired: FiredOnOutputs[] } {
  const fired: FiredOnOutputs[] = [];
  const left = { ...outputs };
  for (const compiled of rules.outputs) {
    const { rule, applies } = compiled;
    if (!Object.hasOwn(left, rule.output) || !applies(situation)) continue;
    const from = left[rule.output] as OutputValue;
    if (rule.action === 'clamp') {
      left[rule.output] = clamped(compiled, from, situation, fired);
      continue;
    }
    const { id, output, value, reason } = rule;
    if (JSON.stringify(from) === JSON.stringify(value)) continue;
    left[output] = value;
    fired.push({ rule: id, action: 'override', output, from, to: value, reason });
  }
  return { outputs: left, fired };
}

/** When both bounds are computed and cross, the upper one holds. */
function clamped(
  { rule, min, max }: CompiledOutputRule,
  from: OutputValue,
  { scope }: Situation,
  fired: FiredOnOutputs[],
): OutputValue {
  const [lower, upper] = [min(scope), max(scope)];
  const clamp = (value: OutputValue): OutputValue => {
    if (Array.isArray(value)) return value.map(clamp);
    // NaN stays NaN: it is missing, and no bound makes it known.
    if (typeof value !== 'number' || Number.isNaN(value)) return value;
    const within = Math.min(Math.max(value, lower), upper);
    if (within !== value) fired.push({ rule: rule.id, action: 'clamp', output: rule.output, from: value, to: within });
    return within;
  };
  return clamp(from);
}
