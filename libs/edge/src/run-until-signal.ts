import type { Logger } from './logger.js';

/**
 * Starts a process and keeps it until SIGTERM or SIGINT, then drains it. Exits 0 after a clean drain, 1 when the start
 * or the drain fails or outlasts `drainTimeoutMs`. `start` answers with what stops it again.
 */
export async function runUntilSignal(
  logger: Logger,
  drainTimeoutMs: number,
  start: () => Promise<() => Promise<void>>,
): Promise<void> {
  const stop = await start().catch((error: unknown) => {
    logger.fatal({ err: error }, error instanceof Error ? error.message : 'cannot start');
    process.exit(1);
  });
  let stopping = false;
  const drain = (signal: NodeJS.Signals) => {
    if (stopping) return;
    stopping = true;
    logger.info({ signal }, 'draining');
    setTimeout(() => {
      logger.error({ drainTimeoutMs }, 'drain took too long');
      process.exit(1);
    }, drainTimeoutMs).unref();
    stop().then(
      () => process.exit(0),
      (error: unknown) => {
        logger.error({ err: error }, 'drain failed');
        process.exit(1);
      },
    );
  };
  process.on('SIGTERM', drain);
  process.on('SIGINT', drain);
}
