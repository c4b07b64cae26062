import { readFile } from 'node:fs/promises';
import { Problem } from '@vinaigrette/problems';
import { parse } from 'yaml';

/**
 * Parameters from a file and from `key=value` texts, later ones winning. Values are YAML scalars: `0.01`, `true`,
 * `strict`. Throws FILE_UNREADABLE, or TRAINING_OPTION_INVALID where a file or a text names no parameters.
 */
export async function readParameters(
  file: string | undefined,
  texts: readonly string[],
): Promise<Record<string, unknown>> {
  const fromFile = file === undefined ? {} : await parametersIn(file);
  return { ...fromFile, ...Object.fromEntries(texts.map(assigned)) };
}

/** A value as it is written in a file of parameters. */
export const valueOf = (text: string): unknown => parse(text) as unknown;

async function parametersIn(file: string): Promise<Record<string, unknown>> {
  const text = await readFile(file, 'utf8').catch((cause) => {
    throw new Problem('FILE_UNREADABLE', `${file} cannot be read`, { field: 'parameters', cause });
  });
  const content = attempt(text);
  if (typeof content !== 'object' || content === null || Array.isArray(content)) {
    throw new Problem('TRAINING_OPTION_INVALID', `${file} holds no names and values`, { field: 'parameters' });
  }
  return content as Record<string, unknown>;
}

function attempt(text: string): unknown {
  try {
    return parse(text) ?? {};
  } catch {
    return undefined;
  }
}

function assigned(text: string): [string, unknown] {
  const at = text.indexOf('=');
  if (at < 1) throw new Problem('TRAINING_OPTION_INVALID', `${text} is no key=value`, { field: 'set' });
  return [text.slice(0, at).trim(), valueOf(text.slice(at + 1))];
}
