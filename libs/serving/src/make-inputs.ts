import type { PredictionUseCase, Scope, TensorValue } from '@vinaigrette/documents';
import type { Signature } from '@vinaigrette/signature';
import { derivedInputs, type CompiledUseCase } from './compile-use-case.js';
import type { Before } from './rules-before.js';

type Values = Readonly<Record<string, TensorValue>>;

/** The values of a prediction's inputs, before they become tensors of one version. */
export interface MadeInputs {
  /** What the request gives and no rule masks. */
  given: Values;
  /** What is sent where nothing is given. */
  otherwise: Values;
}

/**
 * Where an input's value comes from: the request, else a rule's default, else the use case's `from`, else its default.
 * A masked input has only the last.
 */
export function makeInputs(
  document: PredictionUseCase,
  expressions: CompiledUseCase,
  given: Values,
  before: Before,
  scope: Scope,
): MadeInputs {
  const unmasked = ([name]: [string, unknown]) => !before.maskedInputs.has(name);
  const defaults = Object.entries(document.inputs).flatMap(([name, { default: value }]) =>
    value === undefined ? [] : [[name, value] as const],
  );
  const derived = expressions.inputs.length === 0 ? [] : Object.entries(derivedInputs(expressions, scope));
  return {
    given: before.maskedInputs.size === 0 ? given : Object.fromEntries(Object.entries(given).filter(unmasked)),
    otherwise: {
      ...Object.fromEntries(defaults),
      ...Object.fromEntries(derived.filter(unmasked)),
      ...before.defaults,
    },
  };
}

/** A number as people write it: sign, digits, a decimal point, an exponent. */
const NUMBER = /^[+-]?(\d{1,30}(\.\d{0,30})?|\.\d{1,30})(e[+-]?\d{1,3})?$/i;

/** The values with numbers in the place of texts that read as one, where the signature or a field wants a number. */
export function numbersFromText(values: Values, { inputs }: Signature, fields: PredictionUseCase['fields']): Values {
  const numeric = new Set(inputs.filter(({ datatype }) => datatype !== 'BYTES').map(({ name }) => name));
  const read = (value: TensorValue): TensorValue =>
    typeof value === 'string' && NUMBER.test(value.trim()) ? Number(value) : value;
  return Object.fromEntries(
    Object.entries(values).map(([name, value]) => {
      const isNumber = numeric.has(name) || (Object.hasOwn(fields, name) && fields[name] === 'number');
      return [name, isNumber && !Array.isArray(value) ? read(value) : value];
    }),
  );
}
