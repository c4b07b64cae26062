import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import fastifyStatic, { type FastifyStaticOptions } from '@fastify/static';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';

/** The page runs what it brings itself, asks nobody but this monitor, and stands in no other page. */
const headers = {
  'content-security-policy':
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; " +
    "base-uri 'none'; form-action 'self'; frame-ancestors 'none'",
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
};

/** Serves the console's page at `/` and its modules below `/modules/`, when it was built; whether it was. */
export async function serveConsole(app: NestFastifyApplication): Promise<boolean> {
  const root = join(fileURLToPath(import.meta.resolve('@vinaigrette/console/package.json')), '..');
  const [page, modules] = [join(root, 'public'), join(root, 'dist/src')];
  if (!existsSync(join(page, 'index.html')) || !existsSync(join(modules, 'main.js'))) return false;
  const options: Omit<FastifyStaticOptions, 'root'> = {
    // One route a file, not a wildcard: what is no file stays ROUTE_NOT_FOUND.
    wildcard: false,
    decorateReply: false,
    // Names stay the same from release to release: a browser asks each time, and is told when nothing changed.
    cacheControl: true,
    maxAge: 0,
    setHeaders: (reply) => void reply.headers(headers),
  };
  await app.register(fastifyStatic, { ...options, root: page, prefix: '/' });
  const globIgnore = ['**/*.d.ts', '**/*.map', '**/*.spec.js'];
  await app.register(fastifyStatic, { ...options, root: modules, prefix: '/modules/', globIgnore });
  return true;
}

/** Serves the runbooks that pages lead to at `/runbooks/NAME.md`, when they lie where the repository has them. */
export async function serveRunbooks(app: NestFastifyApplication): Promise<void> {
  const root = fileURLToPath(new URL('../../../../../../docs/runbooks', import.meta.url));
  if (!existsSync(root)) return;
  const setHeaders: FastifyStaticOptions['setHeaders'] = (reply) =>
    void reply.headers({ ...headers, 'content-type': 'text/plain; charset=utf-8' });
  await app.register(fastifyStatic, { root, prefix: '/runbooks/', wildcard: false, decorateReply: false, setHeaders });
}
