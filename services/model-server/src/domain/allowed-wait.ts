import type { ModelSettings } from './model-settings.js';

/**
 * A queue that was not empty for so long is no burst that passes: it stands, and whoever is put behind it only waits
 * (Nichols and Jacobson, "Controlling Queue Delay", 2012). One of some runs does no harm.
 */
const STANDING_AFTER_MS = 100;
const STANDING_REQUESTS_MIN = 256;

/** How long the next request may have to wait behind a queue of so many, which has not been empty for `standsMs`. */
export function allowedWaitMs(
  { queueWaitMsMax, queueStandingMsMax }: Pick<ModelSettings, 'queueWaitMsMax' | 'queueStandingMsMax'>,
  requests: number,
  standsMs: number,
): number {
  const stands = requests >= STANDING_REQUESTS_MIN && standsMs > STANDING_AFTER_MS;
  return stands ? Math.min(queueStandingMsMax, queueWaitMsMax) : queueWaitMsMax;
}
