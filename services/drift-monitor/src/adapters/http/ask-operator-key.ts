import { createHash, timingSafeEqual } from 'node:crypto';
import { Problem } from '@vinaigrette/problems';
import type { FastifyInstance } from 'fastify';

/** Calls that change nothing, though they are sent with POST. */
const QUESTIONS = /^\/(v1\/drift\/rejudge$|vinaigrette\.monitor\.v1\.)/;

/**
 * Asks whoever silences, ends a silence or erases for the operators' key, as `Authorization: Bearer KEY`. Reading stays
 * open. Throws KEY_REFUSED.
 */
export function askOperatorKey(server: FastifyInstance, key: string): void {
  const digest = digestOf(`Bearer ${key}`);
  server.addHook('onRequest', async ({ method, url, headers }) => {
    const path = url.split('?')[0] ?? '';
    if (['GET', 'HEAD', 'OPTIONS'].includes(method) || QUESTIONS.test(path)) return;
    if (timingSafeEqual(digestOf(headers.authorization ?? ''), digest)) return;
    throw new Problem('KEY_REFUSED', `${method} ${path.slice(0, 100)} needs the operators' key`);
  });
}

/** Digests are of one length, so that comparing them tells nothing of the key. */
const digestOf = (text: string): Buffer => createHash('sha256').update(text).digest();
