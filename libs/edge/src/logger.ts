import { pino, type Logger } from 'pino';

export type { Logger };

/** One JSON line an event on standard output, with the service's name in each. Level: trace ... fatal, or silent. */
export function createLogger(service: string, level = 'info'): Logger {
  return pino({ name: service, level, base: { service } });
}
