import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import fastifyStatic from '@fastify/static';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';

/** Serves the console's page at `/`, when it was built; whether it was. */
export async function serveConsole(app: NestFastifyApplication): Promise<boolean> {
  const root = join(fileURLToPath(import.meta.resolve('@vinaigrette/console/package.json')), '..', 'public');
  if (!existsSync(join(root, 'index.html'))) return false;
  // One route a file, not a wildcard: what is no file stays ROUTE_NOT_FOUND.
  await app.register(fastifyStatic, { root, prefix: '/', wildcard: false, cacheControl: true, maxAge: 0 });
  return true;
}
