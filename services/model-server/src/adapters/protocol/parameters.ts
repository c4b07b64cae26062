import { Problem } from '@vinaigrette/problems';
import type { Question } from '../../answer-inference.js';

/** Of a request's parameters those this server acts on; `timeout` is in microseconds on the wire. */
const PRIORITY = 'priority';
const TIMEOUT = 'timeout';

/** What a request wishes of its queue. `valueOf` gives a parameter by name. Throws PARAMETER_INVALID. */
export function wishOf(valueOf: (name: string) => unknown): Question['wish'] {
  const [priority, timeout] = [PRIORITY, TIMEOUT].map((name) => wholeNumber(name, valueOf(name)));
  return {
    ...(priority === undefined ? {} : { priority }),
    ...(timeout === undefined ? {} : { timeoutMs: timeout / 1_000 }),
  };
}

function wholeNumber(name: string, value: unknown): number | undefined {
  if (value === undefined) return undefined;
  const number = typeof value === 'bigint' || typeof value === 'number' ? Number(value) : NaN;
  if (Number.isSafeInteger(number) && number >= 0) return number;
  throw new Problem('PARAMETER_INVALID', `The parameter ${name} is a whole number from 0 up`, { field: name });
}
