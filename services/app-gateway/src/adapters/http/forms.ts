import { Problem } from '@vinaigrette/problems';
import type { FastifyInstance } from 'fastify';
import type { ConfigurationInForce } from '../../configuration-in-force.js';

/** Reads posted HTML forms, on those paths only where a use case wants one. */
export function readForms(server: FastifyInstance, configuration: ConfigurationInForce): void {
  const type = 'application/x-www-form-urlencoded';
  server.addContentTypeParser(type, { parseAs: 'string' }, (request, body, done) => {
    const path = request.url.split('?', 1)[0] ?? '';
    if (configuration.current?.routes.get(path)?.route.accepts !== 'form') {
      done(new Problem('BODY_NOT_JSON', `This route does not read ${type}, only application/json`));
    } else done(null, new URLSearchParams(body as string));
  });
}
