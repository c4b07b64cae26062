import { answerProblem, type Logger } from '@vinaigrette/edge';
import { Problem } from '@vinaigrette/problems';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { takeToken, type TokenBucket } from '../../domain/token-bucket.js';

/** Callers remembered; of the one seen longest ago the bucket is forgotten, and so full again. */
const CALLERS_MAX = 10_000;

/** When a gateway that has too much to do may be asked again, in milliseconds. */
const OVERLOADED_RETRY_MS = 1_000;

/** What must answer however much there is to do. */
const operations = new Set(['/healthz', '/readyz', '/metrics']);

export interface Limits {
  /** Most requests under way at a time. */
  underWayMax: number;
  /** Most requests a second of a caller whose key does not say otherwise; undefined: any number. */
  perSecond: number | undefined;
}

/** Turns away what is too much, before anything is read: 429 for one caller, 503 for all together. */
export function admitRequests(
  server: FastifyInstance,
  { underWayMax, perSecond }: Limits,
  underWay: () => number,
  logger: Logger,
): void {
  const buckets = new Map<string, TokenBucket>();
  const waitMsOf = (request: FastifyRequest): number => {
    const { shopKey } = request as { shopKey?: { id: string; perSecond?: number | undefined } };
    const limit = shopKey?.perSecond ?? perSecond;
    if (limit === undefined) return 0;
    const caller = shopKey ? `key ${shopKey.id}` : `address ${request.ip}`;
    const { bucket, waitMs } = takeToken(buckets.get(caller), limit, performance.now());
    buckets.delete(caller);
    buckets.set(caller, bucket);
    const [oldest] = buckets.keys();
    if (buckets.size > CALLERS_MAX) buckets.delete(oldest as string);
    return waitMs;
  };
  server.addHook('onRequest', (request, reply, next) => {
    if (operations.has(request.routeOptions.url ?? '')) return next();
    const problem = refusal(waitMsOf(request), underWay() > underWayMax);
    if (!problem) return next();
    answerProblem(problem, request, reply, logger);
  });
}

function refusal(waitMs: number, overloaded: boolean): Problem | undefined {
  if (waitMs > 0) {
    return new Problem('RATE_LIMITED', 'This caller asks more often than it may', { retryAfterMs: waitMs });
  }
  if (!overloaded) return undefined;
  return new Problem('OVERLOADED', 'Too many requests are under way', { retryAfterMs: OVERLOADED_RETRY_MS });
}
