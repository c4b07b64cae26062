import { Body, Controller, Get, HttpCode, Post, Req, Res } from '@nestjs/common';
import { ApiExcludeController } from '@nestjs/swagger';
import { announceProblem, routeNotFound } from '@vinaigrette/edge';
import { Problem } from '@vinaigrette/problems';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { ConfigurationInForce } from '../../configuration-in-force.js';
import type { RouteInForce } from '../../domain/configuration.js';
import { Predict } from '../../predict.js';
import { predictionPage, sentenceOf, type Said } from './prediction-page.js';
import { predictionRequest } from './schemas.js';

const HTML = 'text/html; charset=utf-8';

/** The paths that use cases ask for: a new endpoint over a model is a document. Every other unknown path ends here too. */
@ApiExcludeController()
@Controller()
export class RoutesController {
  constructor(
    private readonly configuration: ConfigurationInForce,
    private readonly predict: Predict,
  ) {}

  @Get('*')
  show(@Req() request: FastifyRequest, @Res({ passthrough: true }) reply: FastifyReply): string {
    const { route, inputs } = this.found(request);
    if (route.accepts !== 'form') throw routeNotFound(request.method, request.url);
    reply.type(HTML);
    return predictionPage(route, inputs, {});
  }

  @Post('*')
  @HttpCode(200)
  async answer(
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
    @Body() body: unknown,
  ): Promise<string> {
    const { route, inputs, useCase } = this.found(request);
    if (route.accepts === 'json') {
      reply.type('application/json');
      return JSON.stringify(await this.output(useCase, route.output, body)); // a bare number, which is no object
    }
    const sent: Record<string, string> = body instanceof URLSearchParams ? Object.fromEntries(body) : {};
    const said = await this.output(useCase, route.output, sent).then(
      (value): Said => ({ role: 'status', text: sentenceOf(route, value) }),
      (error: unknown) => refusalFor(request, reply, error),
    );
    reply.type(HTML);
    return predictionPage(route, inputs, sent, said);
  }

  private found({ method, url }: FastifyRequest): RouteInForce {
    const found = this.configuration.current?.routes.get(url.split('?', 1)[0] ?? '');
    if (!found) throw routeNotFound(method, url);
    return found;
  }

  private async output(useCase: string, output: string, inputs: unknown): Promise<unknown> {
    const checked = predictionRequest.shape.inputs.safeParse(inputs);
    if (checked.error) throw new Problem('BODY_INVALID', 'The body must be an object of inputs by their names');
    const { outputs } = await this.predict.answer(useCase, { inputs: checked.data });
    if (Object.hasOwn(outputs, output)) return outputs[output];
    throw new Problem('SIGNATURE_MISMATCH', `The model answers no "${output}"`, { field: output });
  }
}

/** A person at a browser reads why below the form, under the same status; everybody else is told as everywhere. */
function refusalFor(request: FastifyRequest, reply: FastifyReply, error: unknown): Said {
  if (!(error instanceof Problem) || !request.headers.accept?.includes('text/html')) throw error;
  const { detail, field, remedy } = announceProblem(error, reply);
  return { role: 'alert', text: `${field ? `${field}: ` : ''}${detail}. ${remedy}` };
}
