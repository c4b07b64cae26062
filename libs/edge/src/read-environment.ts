import { z } from 'zod';

/**
 * The configuration of a process, frozen. Names every bad value at once, so that one restart mends them all. Only
 * main.ts calls it, with process.env, before any port opens. A variable set to nothing counts as not set.
 */
export function readEnvironment<T extends z.ZodType>(schema: T, env: NodeJS.ProcessEnv): Readonly<z.infer<T>> {
  const given = Object.fromEntries(Object.entries(env).filter(([, value]) => value !== ''));
  const { data, error } = schema.safeParse(given);
  if (error) throw new RangeError(`Cannot start with this environment:\n${z.prettifyError(error)}`);
  return Object.freeze(data);
}
