import { createHash } from 'node:crypto';
import type { KeyScope, ShopKey } from '@vinaigrette/documents';
import { answerProblem, type Logger } from '@vinaigrette/edge';
import { Problem } from '@vinaigrette/problems';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { ConfigurationInForce } from '../../configuration-in-force.js';
import { judgeKey } from '../../domain/judge-key.js';
import { RECOMMENDATIONS } from '../../recommend.js';

declare module 'fastify' {
  interface FastifyRequest {
    /** Who asks; undefined: this gateway asks for no keys, or the route needs none. */
    shopKey?: ShopKey;
  }
}

const CUSTOMERS = '/v1/customers';

/** What the routes that need a key are for, by the beginning of their pattern; operations and documentation need none. */
const scopes: readonly (readonly [string, KeyScope])[] = [
  ['/v1/recommendations', 'recommend'],
  [CUSTOMERS, 'recommend'],
  ['/v1/predictions', 'predict'],
  ['/v1/feedback', 'feedback'],
  ['/v1', 'test-rules'],
  ['/*', 'predict'], // a path of a use case's own
];

/** Lets nobody ask without a key of the document that is good for the route. Until that is in force, nobody. */
export function askForKeys(
  server: FastifyInstance,
  document: string,
  configuration: ConfigurationInForce,
  logger: Logger,
): void {
  server.addHook('onRequest', (request, reply, next) => {
    const pattern = request.routeOptions.url ?? '';
    const scope = scopes.find(([start]) => pattern.startsWith(start))?.[1];
    if (!scope || request.method === 'OPTIONS') return next();
    try {
      request.shopKey = keyOf(request, scope, document, configuration);
      next();
    } catch (error) {
      answerProblem(error, request, reply, logger);
    }
  });
}

function keyOf(
  request: FastifyRequest,
  scope: KeyScope,
  document: string,
  configuration: ConfigurationInForce,
): ShopKey {
  const { current } = configuration;
  const keys = current?.shopKeys.get(document);
  if (!keys) throw new Problem('CONFIGURATION_MISSING', `The shop-keys ${document} are not in force yet`);
  const { authorization = '', origin } = request.headers;
  const [, token] = /^Bearer (vin_[A-Za-z0-9_-]{16,128})$/.exec(authorization) ?? [];
  if (!token) throw new Problem('KEY_REFUSED', 'Authorization: Bearer vin_... is missing or no key');
  const key = keys.get(createHash('sha256').update(token).digest('hex'));
  if (!key) throw new Problem('KEY_REFUSED', 'The key is not one of this shop');
  const useCase = useCaseOf(request) ?? (scope === 'recommend' ? RECOMMENDATIONS : ownPathOf(request, configuration));
  const why = judgeKey(key, { scope, useCase, origin, nowMs: Date.now() });
  if (why !== undefined) throw new Problem('KEY_REFUSED', why);
  return key;
}

/** As the address names it: in the path, or behind the question mark where a route reads it there. */
function useCaseOf({ params, query, routeOptions }: FastifyRequest): string | undefined {
  const { useCase } = params as { useCase?: string };
  return useCase ?? (routeOptions.url?.startsWith(CUSTOMERS) ? (query as { useCase?: string }).useCase : undefined);
}

const ownPathOf = ({ url }: FastifyRequest, { current }: ConfigurationInForce): string | undefined =>
  current?.routes.get(url.split('?', 1)[0] ?? '')?.useCase;
