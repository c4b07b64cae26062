import { setTimeout as delay } from 'node:timers/promises';
import type { Logger } from '@vinaigrette/edge';

/**
 * Does a piece of work again and again, with a pause after each; a failure is logged, and the next time is another try.
 * `beat` is called each time, whether it went well or not.
 */
export function repeat(
  what: string,
  pauseMs: number,
  { logger, beat }: { logger: Logger; beat: () => void },
  work: () => Promise<unknown>,
): () => Promise<void> {
  const stopping = new AbortController();
  const { signal } = stopping;
  const running = (async () => {
    while (!signal.aborted) {
      await work().catch((error: unknown) => logger.warn({ err: error }, `${what} failed; it will be tried again`));
      beat();
      await delay(pauseMs, undefined, { signal }).catch(() => undefined);
    }
  })();
  return async () => {
    stopping.abort();
    await running;
  };
}
