import { answerProblem, type Logger } from '@vinaigrette/edge';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { Predict } from '../../predict.js';
import { RECOMMENDATIONS, type Recommend } from '../../recommend.js';
import { isPlainPrediction, isPlainRecommendation } from './plain-bodies.js';

/** The answer; undefined: the question is not plain. */
type Answer = (request: FastifyRequest) => Promise<unknown> | undefined;

/**
 * Answers plain questions of the routes nearly all requests are for without Nest between, whose guards, pipes and
 * interceptors cost as much as an answer. Every other question of theirs goes Nest's way, which checks it by the schema
 * and says what is wrong. Hooks, body and answer are Fastify's on both ways. Call it before Nest brings its routes.
 */
export function shortenHotRoutes(
  server: FastifyInstance,
  recommend: Recommend,
  predict: Predict,
  logger: Logger,
): void {
  const useCaseOf = ({ params }: FastifyRequest): string => (params as { useCase: string }).useCase;
  const recommended = (useCase: string, { body }: FastifyRequest) =>
    isPlainRecommendation(body) ? recommend.answer(useCase, body) : undefined;
  const hot = new Map<string, Answer>([
    ['/v1/recommendations', (request) => recommended(RECOMMENDATIONS, request)],
    ['/v1/recommendations/:useCase', (request) => recommended(useCaseOf(request), request)],
    [
      '/v1/predictions/:useCase',
      (request) => (isPlainPrediction(request.body) ? predict.answer(useCaseOf(request), request.body) : undefined),
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
