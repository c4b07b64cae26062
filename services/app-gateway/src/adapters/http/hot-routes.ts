import { answerProblem, type Logger } from '@vinaigrette/edge';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { Predict } from '../../predict.js';
import type { Recommend } from '../../recommend.js';
import { isPlainPrediction, isPlainRecommendation } from './plain-bodies.js';

/** The answer; undefined: the question is not plain. */
type Answer = (request: FastifyRequest) => Promise<unknown> | undefined;

/**
 * Answers plain questions of the two routes nearly all requests are for without Nest between, whose guards, pipes and
 * interceptors cost as much as an answer. Every other question of theirs goes Nest's way, which checks it by the schema
 * and says what is wrong. Hooks, body and answer are Fastify's on both ways. Call it before Nest brings its routes.
 */
export function shortenHotRoutes(
  server: FastifyInstance,
  recommend: Recommend,
  predict: Predict,
  logger: Logger,
): void {
  const hot = new Map<string, Answer>([
    ['/v1/recommendations', ({ body }) => (isPlainRecommendation(body) ? recommend.answer(body) : undefined)],
    [
      '/v1/predictions/:useCase',
      ({ body, params }) =>
        isPlainPrediction(body) ? predict.answer((params as { useCase: string }).useCase, body) : undefined,
    ],
  ]);
  server.addHook('onRoute', (route) => {
    const answer = route.method === 'POST' ? hot.get(route.url) : undefined;
    if (!answer) return;
    const { handler: nests } = route;
    route.handler = function (request, reply) {
      const answered = answer(request);
      if (!answered) return nests.call(this, request, reply);
      answered.then(
        (it) => reply.send(it),
        (error) => answerProblem(error, request, reply, logger),
      );
    };
  });
}
