import { applyDecorators } from '@nestjs/common';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { ApiResponse, DocumentBuilder, SwaggerModule, type OpenAPIObject } from '@nestjs/swagger';
import type { z } from 'zod';
import { problemDetails } from './schemas.js';

const failures: Record<number, string> = {
  400: 'The body is not JSON',
  403: 'occurredAt without the token of a trusted caller',
  404: 'There is no such use case, or nothing for the customer',
  413: 'The body is larger than 256 KiB',
  422: 'A field is wrong; `field` names it',
  503: 'No answer now, and no fallback: try again',
  504: 'The model did not answer within its budget, and there is no fallback',
};

/** What a route answers: on success, and which problems. */
export function Answers(status: number, schema: z.ZodType, problems: (keyof typeof failures)[]) {
  return applyDecorators(
    ApiResponse({ status, description: 'Answered', standardSchema: schema }),
    ...problems.map((problem) =>
      ApiResponse({ status: problem, description: failures[problem] ?? '', standardSchema: problemDetails }),
    ),
  );
}

/** Serves the API reference at /docs and /openapi.json, both made from the schemas the requests are checked with. */
export function installReference(app: NestFastifyApplication): void {
  const outline = new DocumentBuilder()
    .setTitle('Vinaigrette gateway')
    .setDescription('Recommendations and predictions for a shop, under its own rules. Failures are problem+json.')
    .setVersion('1')
    .setOpenAPIVersion('3.1.0')
    .build();
  SwaggerModule.setup('docs', app, () => withProblemType(SwaggerModule.createDocument(app, outline)), {
    jsonDocumentUrl: 'openapi.json',
    yamlDocumentUrl: 'openapi.yaml',
  });
}

/** Failures under the media type they come with: Nest writes every answer of an operation under the same one. */
function withProblemType(reference: OpenAPIObject): OpenAPIObject {
  for (const { get, post } of Object.values(reference.paths)) {
    for (const [status, response] of Object.entries({ ...get?.responses, ...post?.responses })) {
      if (Number(status) < 400 || !response || !('content' in response)) continue;
      response.content = { 'application/problem+json': response.content?.['application/json'] ?? {} };
    }
  }
  return reference;
}
