import { spawn } from 'node:child_process';
import { createServer } from 'node:net';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from '@jest/globals';
import fastify from 'fastify';
import { z } from 'zod';
import { Problem } from '@vinaigrette/problems';
import { createLogger, explainTakenPort, installProblemAnswers, readEnvironment } from './index.js';

const silent = createLogger('test', 'silent');

describe('readEnvironment()', () => {
  const schema = z.object({
    PORT: z.coerce.number().int().max(65_535).default(80),
    BUDGET_MS: z.coerce.number().positive(),
  });

  it('takes defaults, also for a variable set to nothing, and freezes', () => {
    const config = readEnvironment(schema, { PORT: '', BUDGET_MS: '7' });
    expect(config).toEqual({ PORT: 80, BUDGET_MS: 7 });
    expect(Object.isFrozen(config)).toBe(true);
  });

  it('names every bad value at once', () => {
    const read = () => readEnvironment(schema, { PORT: '70000', BUDGET_MS: 'soon' });
    expect(read).toThrow(/PORT[\s\S]*BUDGET_MS|BUDGET_MS[\s\S]*PORT/);
  });
});

describe('configOrExit()', () => {
  it('ends a process that has a bad environment with its words on one line, and no stack', async () => {
    const edge = fileURLToPath(new URL('../dist/src/index.js', import.meta.url));
    const main = `import { configOrExit } from ${JSON.stringify(edge)};
      configOrExit('registry', () => { throw new RangeError('PORT is too large'); });
      console.log('went on');`;
    const started = spawn(process.execPath, ['--input-type=module', '--eval', main]);
    let told = '';
    for (const stream of [started.stdout, started.stderr]) stream.on('data', (part: Buffer) => (told += String(part)));
    expect(await once(started, 'close')).toEqual([1, null]);
    expect(JSON.parse(told)).toMatchObject({ service: 'registry', level: 60, msg: 'PORT is too large' });
    expect(told).not.toContain('stack');
  }, 60_000);
});

describe('explainTakenPort()', () => {
  it('names process, variable and remedy', async () => {
    const [first, second] = [createServer(), createServer()];
    first.listen(0);
    await once(first, 'listening');
    const { port } = first.address() as { port: number };
    second.listen(port);
    const [error] = (await once(second, 'error')) as [Error];
    expect(explainTakenPort(error, 'registry', 'REGISTRY_HTTP_PORT', port).message).toMatch(
      new RegExp(`^registry cannot listen on port ${port}.*set REGISTRY_HTTP_PORT`),
    );
    first.close();
  });
});

describe('installProblemAnswers()', () => {
  const server = fastify({ bodyLimit: 64 });
  installProblemAnswers(server, silent);
  server.post('/echo', (request) => request.body);
  server.get('/problem', () => {
    throw new Problem('MODEL_NOT_FOUND', 'There is no model colour');
  });
  server.get('/bug', () => {
    throw new TypeError('the password is hunter2');
  });
  const json = { 'content-type': 'application/json' };

  it.each([
    { title: 'a problem', request: { method: 'GET', url: '/problem' }, status: 404, code: 'MODEL_NOT_FOUND' },
    { title: 'a bug', request: { method: 'GET', url: '/bug' }, status: 500, code: 'INTERNAL' },
    { title: 'no such route', request: { method: 'GET', url: '/nowhere?x=1' }, status: 404, code: 'ROUTE_NOT_FOUND' },
    {
      title: 'half a JSON',
      request: { method: 'POST', url: '/echo', headers: json, payload: '{"a":' },
      status: 400,
      code: 'BODY_NOT_JSON',
    },
    {
      title: 'an empty body',
      request: { method: 'POST', url: '/echo', headers: json, payload: '' },
      status: 400,
      code: 'BODY_NOT_JSON',
    },
    {
      title: 'XML',
      request: { method: 'POST', url: '/echo', headers: { 'content-type': 'text/xml' }, payload: '<a/>' },
      status: 400,
      code: 'BODY_NOT_JSON',
    },
    {
      title: 'too much',
      request: { method: 'POST', url: '/echo', headers: json, payload: `"${'x'.repeat(99)}"` },
      status: 413,
      code: 'BODY_TOO_LARGE',
    },
    {
      title: 'a poisoned key',
      request: { method: 'POST', url: '/echo', headers: json, payload: '{"__proto__":{"a":1}}' },
      status: 400,
      code: 'BODY_NOT_JSON',
    },
  ] as const)('answers $title with $status $code', async ({ request, status, code }) => {
    const answer = await server.inject(request);
    expect(answer.statusCode).toBe(status);
    expect(answer.headers['content-type']).toMatch(/^application\/problem\+json/);
    expect(answer.json()).toMatchObject({ status, code, remedy: expect.any(String) });
    expect(answer.body).not.toMatch(/hunter2|node_modules|\.js:/);
  });
});
