import type { Logger } from '@vinaigrette/edge';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { AuditedCall } from '../../access-keys.js';
import type { KeepKeys } from '../../keep-keys.js';

/** Calls of the service itself, which ask for their key with more knowledge; and what probes ask. */
const OPEN = /^\/(vinaigrette\.registry\.v1\.|healthz|readyz|metrics|health$|version$)/;

/**
 * Asks REST calls, MLflow's among them, for a key. A path says less than a message: reading and searching is reading,
 * moving aliases and stages is promoting, all else is registering, and a key of some subjects alone only reads here.
 */
export function checkHttpKeys(server: FastifyInstance, keys: KeepKeys, logger: Logger): void {
  const calls = new WeakMap<FastifyRequest, AuditedCall>();
  server.addHook('onRequest', async (request) => {
    if (OPEN.test(request.url)) return;
    const line = { method: `${request.method} ${pathOf(request).slice(0, 200)}`, actor: '', key: '', subject: '' };
    const isRead = methodOf(request) === 'Read';
    if (!isRead) calls.set(request, keys.audited(line));
    const key = await keys.open(request.headers.authorization ?? null, methodOf(request), '');
    if (!isRead) calls.set(request, keys.audited({ ...line, key }));
  });
  // Once the body is read: its events come from the socket, and know nothing of the call.
  server.addHook('preHandler', (request, _reply, done) => {
    const call = calls.get(request);
    if (call) call.run(done);
    else done();
  });
  server.addHook('onResponse', async (request, reply) => {
    const outcome = reply.statusCode < 400 ? 'ok' : String(reply.statusCode);
    await calls
      .get(request)
      ?.end(outcome)
      .catch((error) => logger.error({ err: error, url: pathOf(request), outcome }, 'a call is missing in the audit'));
  });
}

/** The method of the service that comes nearest. */
function methodOf(request: FastifyRequest): string {
  const path = pathOf(request);
  if (['GET', 'HEAD', 'OPTIONS'].includes(request.method) || path.endsWith('/search')) return 'Read';
  return /\/(alias|transition-stage)$/.test(path) ? 'SetAlias' : 'RegisterVersion';
}

const pathOf = (request: FastifyRequest): string => request.url.split('?')[0] ?? '';
