import type { Logger } from '@vinaigrette/edge';
import { httpStatusOf, Problem, problemOf, type ProblemCode, type ProblemKind } from '@vinaigrette/problems';
import type { FastifyError, FastifyReply, FastifyRequest } from 'fastify';

/** MLflow's codes by sort of failure; its client acts on them, and tries again on the last three. */
const ofKind: Record<ProblemKind, { code: string; status: number }> = {
  malformed: { code: 'BAD_REQUEST', status: 400 },
  invalid: { code: 'INVALID_PARAMETER_VALUE', status: 400 },
  forbidden: { code: 'PERMISSION_DENIED', status: 403 },
  'too-large': { code: 'INVALID_PARAMETER_VALUE', status: 400 },
  'not-allowed': { code: 'BAD_REQUEST', status: 405 },
  'not-found': { code: 'RESOURCE_DOES_NOT_EXIST', status: 404 },
  conflict: { code: 'INVALID_PARAMETER_VALUE', status: 400 },
  unsupported: { code: 'NOT_IMPLEMENTED', status: 501 },
  internal: { code: 'INTERNAL_ERROR', status: 500 },
  exhausted: { code: 'REQUEST_LIMIT_EXCEEDED', status: 429 },
  unavailable: { code: 'TEMPORARILY_UNAVAILABLE', status: 503 },
  timeout: { code: 'TEMPORARILY_UNAVAILABLE', status: 503 },
};
const ofCode: Partial<Record<ProblemCode, { code: string; status: number }>> = {
  NAME_TAKEN: { code: 'RESOURCE_ALREADY_EXISTS', status: 400 },
  ALIAS_MOVED: { code: 'RESOURCE_CONFLICT', status: 409 },
  ROUTE_NOT_FOUND: { code: 'ENDPOINT_NOT_FOUND', status: 404 },
};

/** Answers a failure as MLflow's server does, in our words: what happened, and what helps. */
export function answerError(error: unknown, request: FastifyRequest, reply: FastifyReply, logger: Logger) {
  const problem = problemOf(ofFastify(error));
  const { code, status } = ofCode[problem.code] ?? ofKind[problem.kind];
  if (problem.kind === 'internal')
    logger.error({ err: error, requestId: request.id, url: request.url }, 'request failed');
  return reply.status(status).send({ error_code: code, message: `${problem.message}. ${problem.remedy}` });
}

export const noSuchCall = ({ method, url }: FastifyRequest): Problem =>
  new Problem('ROUTE_NOT_FOUND', `MLflow's ${method} ${url.split('?')[0]} is not answered here`);

/** What Fastify itself refuses: a body that is too large, a path that cannot be decoded ... */
function ofFastify(error: unknown): unknown {
  const { statusCode, message } = error as FastifyError;
  if (error instanceof Problem || statusCode === undefined || statusCode >= httpStatusOf('internal')) return error;
  return new Problem(statusCode === 413 ? 'BODY_TOO_LARGE' : 'BODY_INVALID', message);
}
