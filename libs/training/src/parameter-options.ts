import { InvalidArgumentError, Option } from 'commander';
import { z } from 'zod';

/** What JSON Schema says of a parameter, as far as a command line shows it. */
interface Shown {
  type?: string;
  enum?: string[];
  default?: unknown;
  description?: string;
}

/** An option for every parameter of a recipe: `minSupport` is `--min-support <number>`. */
export function parameterOptions(parameters: z.ZodObject): Option[] {
  const { properties = {} } = z.toJSONSchema(parameters, { io: 'input' }) as { properties?: Record<string, Shown> };
  return Object.entries(properties).map(([name, shown]) => {
    const isNumber = shown.type === 'number' || shown.type === 'integer';
    const flag = name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
    const usual = shown.default === undefined ? '' : ` (default: ${String(shown.default)})`;
    const option = new Option(`--${flag} <${isNumber ? 'number' : 'text'}>`, `${shown.description ?? ''}${usual}`);
    if (shown.enum) option.choices(shown.enum);
    if (isNumber) option.argParser(numberFrom);
    if (shown.type === 'boolean') option.argParser(yesOrNo);
    return option;
  });
}

export function numberFrom(text: string): number {
  const value = Number(text);
  if (text.trim() === '' || Number.isNaN(value)) throw new InvalidArgumentError('It is no number.');
  return value;
}

function yesOrNo(text: string): boolean {
  if (text !== 'true' && text !== 'false') throw new InvalidArgumentError('It is neither true nor false.');
  return text === 'true';
}
