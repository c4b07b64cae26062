import { Problem } from '@vinaigrette/problems';
import type { FastifyInstance } from 'fastify';
import { operatorKey } from '../operator-key.js';

/** Calls that change nothing, though they are sent with POST; and those that are asked by the contract's own rules. */
const QUESTIONS = /^\/(v1\/drift\/rejudge$|vinaigrette\.monitor\.v1\.)/;

/**
 * Asks whoever silences, ends a silence, erases, hides a rule or labels for the operators' key, as `Authorization: Bearer KEY`. Reading stays
 * open. Throws KEY_REFUSED.
 */
export function askOperatorKey(server: FastifyInstance, key: string): void {
  const shows = operatorKey(key);
  server.addHook('onRequest', async ({ method, url, headers }) => {
    const path = url.split('?')[0] ?? '';
    if (['GET', 'HEAD', 'OPTIONS'].includes(method) || QUESTIONS.test(path)) return;
    if (shows(headers.authorization)) return;
    throw new Problem(
      'KEY_REFUSED',
      `${method} ${path.slice(0, 100)} needs the operators' key: the monitor's MONITOR_OPERATOR_KEY`,
    );
  });
}
