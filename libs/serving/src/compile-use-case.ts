import {
  Expressions,
  fieldsOf,
  fieldTypes,
  segmentTypes,
  useCaseVocabulary,
  type Expression,
  type Fields,
  type Scope,
  type TensorValue,
  type UseCase,
} from '@vinaigrette/documents';
import { Problem } from '@vinaigrette/problems';
import type { Signature } from '@vinaigrette/signature';
import type { CompiledRules } from './compile-rules.js';
import { scopeOf, type Circumstances, type ScopeFields } from './situation.js';

/** What a segment is called when it cannot be told. */
const UNKNOWN = 'unknown';

/** A use case's expressions, made ready once, when it comes into force. */
export interface CompiledUseCase {
  fields: ScopeFields;
  segments: readonly { name: string; from: Expression }[];
  /** By input: where its value comes from when the request does not give it. */
  inputs: readonly { name: string; from: Expression }[];
}

export function compileUseCase(document: UseCase): CompiledUseCase {
  const vocabulary = useCaseVocabulary(document);
  const expressions = new Expressions(vocabulary);
  const declared = document.kind === 'prediction' ? Object.entries(document.inputs) : [];
  return {
    fields: {
      customer: fieldsOf('customer', vocabulary.customer),
      inputs: fieldsOf('inputs', vocabulary.inputs),
      context: fieldsOf('context'),
    },
    segments: document.segments.map(({ name, from }) => ({ name, from: expressions.expression(from, segmentTypes) })),
    inputs: declared.flatMap(([name, { from }]) =>
      from === undefined ? [] : [{ name, from: expressions.expression(from, fieldTypes) }],
    ),
  };
}

/** "dimension=value" for each segment, in the use case's order. */
export const segmentsOf = ({ segments }: CompiledUseCase, scope: Scope): string[] =>
  segments.map(({ name, from }) => `${name}=${String(from.valueIn(scope) ?? UNKNOWN)}`);

/** The same of a request that nothing else reads by expressions: without segments it costs nothing. */
export const segmentsIn = (useCase: CompiledUseCase, circumstances: Circumstances): string[] =>
  useCase.segments.length === 0 ? [] : segmentsOf(useCase, scopeOf(useCase.fields, circumstances));

/** By input, the values that can be derived; what cannot is left out. */
export function derivedInputs({ inputs }: CompiledUseCase, scope: Scope): Record<string, TensorValue> {
  const derived: Record<string, TensorValue> = {};
  for (const { name, from } of inputs) {
    const value = from.valueIn(scope);
    if (value !== undefined) derived[name] = value as TensorValue;
  }
  return derived;
}

/**
 * Throws DOCUMENT_INVALID when the rules read a field that the use case does not bring, or brings in another type, or
 * when they speak of an input or output that the model does not have; undefined: which those are is not known yet.
 */
export function checkRules(document: UseCase, rules: CompiledRules, signature: Signature | undefined): void {
  const { customer, inputs = {} } = useCaseVocabulary(document);
  const brought = { customer, item: document.lookups.catalogue?.columns ?? {}, inputs };
  const remedies = {
    customer: 'lookups.customer.columns or attributes',
    item: 'lookups.catalogue.columns',
    inputs: 'fields',
  };
  for (const subject of ['customer', 'item', 'inputs'] as const) {
    const given: Fields = fieldsOf(subject, brought[subject]);
    for (const [field, type] of Object.entries(rules.fields[subject])) {
      if (Object.hasOwn(given, field) && given[field] === type) continue;
      throw amiss(`the rules read ${subject}.${field} as ${type}; the use case must name it in ${remedies[subject]}`);
    }
  }
  if (document.kind !== 'prediction' || !signature) return;
  const has = (specs: Signature['inputs'], name: string) => specs.some((spec) => spec.name === name);
  for (const { rule } of rules.outputs) {
    if (!has(signature.outputs, rule.output)) throw amiss(`rule ${rule.id} names an output ${rule.output}`);
  }
  for (const { rule } of rules.before) {
    const named = rule.action === 'default' ? [rule.input] : rule.action === 'mask' ? (rule.inputs ?? []) : [];
    const stranger = named.find((input) => !has(signature.inputs, input));
    if (stranger !== undefined) throw amiss(`rule ${rule.id} names an input ${stranger}`);
  }
}

/** Throws SIGNATURE_MISMATCH: only a model that speaks in items can recommend. */
export function checkModel(document: UseCase, { inputs, outputs }: Signature): void {
  if (document.kind !== 'recommendation') return;
  const has = (specs: Signature['inputs'], name: string) => specs.some((spec) => spec.name === name);
  const speaks = has(inputs, 'items') && has(outputs, 'skus') && has(outputs, 'confidence');
  if (speaks && inputs.length === 1) return;
  throw new Problem(
    'SIGNATURE_MISMATCH',
    `${document.model} does not take \`items\` and give \`skus\` and \`confidence\``,
  );
}

const amiss = (why: string) => new Problem('DOCUMENT_INVALID', `Use case, rules and model do not fit: ${why}`);
