import { z } from 'zod';
import { createLogger } from './logger.js';

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

/** What `read` answers. A bad environment ends the process, in its own words on one line of the log and no stack. */
export function configOrExit<T>(service: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    createLogger(service).fatal(error.message);
    process.exit(1);
  }
}
