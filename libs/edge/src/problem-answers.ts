import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { Problem, problemOf, type ProblemDetails } from '@vinaigrette/problems';
import type { Logger } from './logger.js';

/**
 * Makes every failure of a Fastify server an `application/problem+json` answer: problems as they are, Fastify's own
 * refusals under our codes, everything else as INTERNAL with its text in the log only.
 */
export function installProblemAnswers(server: FastifyInstance, logger: Logger): void {
  server.setErrorHandler((error: FastifyError, request, reply) => answerProblem(error, request, reply, logger));
  server.setNotFoundHandler((request, reply) => {
    return answerProblem(routeNotFound(request.method, request.url), request, reply, logger);
  });
}

export const routeNotFound = (method: string, url: string): Problem =>
  new Problem('ROUTE_NOT_FOUND', `There is no ${method} ${url.split('?')[0]}`);

export const bodyTooLarge = ({ routeOptions }: FastifyRequest): Problem =>
  new Problem('BODY_TOO_LARGE', `The body is larger than ${routeOptions.bodyLimit} bytes, the limit here`);

/** Sends the failure; logs those that are our own fault. */
export function answerProblem(error: unknown, request: FastifyRequest, reply: FastifyReply, logger: Logger) {
  const problem = problemOfRequest(error, request);
  if (problem.kind === 'internal')
    logger.error({ err: error, requestId: request.id, url: request.url }, 'request failed');
  const details = { ...announceProblem(problem, reply), instance: request.id };
  return reply.type('application/problem+json').send(details);
}

/** Puts what HTTP itself says of a failure, status and Retry-After, in front of the answer; answers its details. */
export function announceProblem(problem: Problem, reply: FastifyReply): ProblemDetails {
  const details = problem.details();
  reply.status(details.status);
  if (problem.retryAfterMs !== undefined) reply.header('retry-after', Math.ceil(problem.retryAfterMs / 1_000));
  return details;
}

/** Any failure of a request in our codes, Fastify's own refusals included. */
export const problemOfRequest = (error: unknown, request: FastifyRequest): Problem =>
  problemOf(ofFastify(error, request));

function ofFastify(error: unknown, request: FastifyRequest): unknown {
  const { code, message } = error as FastifyError;
  switch (code) {
    case 'FST_ERR_CTP_BODY_TOO_LARGE':
      return bodyTooLarge(request);
    case 'FST_ERR_CTP_INVALID_MEDIA_TYPE':
      return new Problem('BODY_NOT_JSON', `${message}; this server reads application/json`);
    case 'FST_ERR_CTP_EMPTY_JSON_BODY':
    case 'FST_ERR_CTP_INVALID_JSON_BODY':
    case 'FST_ERR_CTP_INVALID_CONTENT_LENGTH':
      return new Problem('BODY_NOT_JSON', message);
    default:
      return error instanceof SyntaxError && (error as FastifyError).statusCode === 400
        ? new Problem('BODY_NOT_JSON', message)
        : error;
  }
}
