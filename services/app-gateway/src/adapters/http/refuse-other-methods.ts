import { answerProblem, type Logger } from '@vinaigrette/edge';
import { Problem } from '@vinaigrette/problems';
import type { FastifyInstance } from 'fastify';

/** The pattern of the routes that take whatever the others leave. */
const EVERY_PATH = '/*';

/** Answers 405 and names the methods where a path exists for others only. Call it before the routes are brought. */
export function refuseOtherMethods(server: FastifyInstance, logger: Logger): void {
  const routes: { path: RegExp; method: string }[] = [];
  server.addHook('onRoute', ({ url, method }) => {
    if (url.endsWith('*')) return;
    const path = new RegExp(`^${url.replaceAll('.', '\\.').replaceAll(/:[^/]+/g, '[^/]+')}$`);
    routes.push(...[method].flat().map((one) => ({ path, method: one })));
  });
  server.addHook('onRequest', (request, reply, next) => {
    const pattern = request.routeOptions.url;
    if (pattern !== undefined && pattern !== EVERY_PATH) return next();
    const [path = ''] = request.url.split('?', 1);
    const allowed = routes.filter((route) => route.path.test(path)).map(({ method }) => method);
    if (allowed.length === 0) return next();
    reply.header('allow', allowed.join(', '));
    const refusal = new Problem(
      'METHOD_NOT_ALLOWED',
      `${path} is there for ${allowed.join(', ')}, not ${request.method}`,
    );
    answerProblem(refusal, request, reply, logger);
  });
}
