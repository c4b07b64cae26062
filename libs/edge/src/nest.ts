import { Catch, HttpException, type ArgumentsHost, type ExceptionFilter, type LoggerService } from '@nestjs/common';
import { Problem } from '@vinaigrette/problems';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Logger } from './logger.js';
import { answerProblem, bodyTooLarge, routeNotFound } from './problem-answers.js';

/** The same answers as `installProblemAnswers`, for what Nest catches before Fastify sees it. */
@Catch()
export class ProblemFilter implements ExceptionFilter {
  constructor(private readonly logger: Logger) {}

  catch(error: unknown, host: ArgumentsHost): void {
    const http = host.switchToHttp();
    const [request, reply] = [http.getRequest<FastifyRequest>(), http.getResponse<FastifyReply>()];
    answerProblem(error instanceof HttpException ? ofNest(error, request) : error, request, reply, this.logger);
  }
}

/** Nest's own refusals, and Fastify's as Nest passes them on: by their status, since their code is gone by then. */
function ofNest(error: HttpException, request: FastifyRequest): unknown {
  switch (error.getStatus()) {
    case 400:
      return new Problem('BODY_NOT_JSON', error.message);
    case 404:
      return routeNotFound(request.method, request.url);
    case 413:
      return bodyTooLarge(request);
    case 415:
      return new Problem('BODY_NOT_JSON', `${error.message}; this server reads application/json`);
    default:
      return error;
  }
}

/** Nest's own messages in the same log: its start-up chatter at debug level. */
export class NestLog implements LoggerService {
  constructor(private readonly logger: Logger) {}

  log(message: unknown): void {
    this.logger.debug(String(message));
  }

  warn(message: unknown): void {
    this.logger.warn(String(message));
  }

  error(message: unknown, ...more: unknown[]): void {
    this.logger.error({ more }, String(message));
  }
}
