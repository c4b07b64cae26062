import { copyFileSync, cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import type { ProblemDetails } from '@vinaigrette/problems';
import { describeWith } from '../../tools/real-part.mjs';
import { createDatabase } from './database.js';
import { demoVersion } from './demo-version.js';
import { furnish } from './furnish.js';
import { House, serviceNames } from './house.js';
import { call, recommend } from './shop.js';

describeWith('PostgreSQL', 'DATABASE_URL', 'bad input, at every door', () => {
  let house: House;
  let version: { dir: string; remove: () => void };
  const cleanUp: (() => unknown)[] = [];

  beforeAll(async () => {
    const database = await createDatabase(process.env.DATABASE_URL as string);
    version = await demoVersion();
    cleanUp.push(database.drop, version.remove);
    house = await House.open({ databaseUrl: database.url });
    cleanUp.push(() => house.close());
    await furnish(house, version.dir);
  }, 180_000);
  afterAll(async () => {
    // Whatever was sent, no process went down and the next customer is served.
    const running = serviceNames.filter((name) => house.runs(name));
    const answer = await recommend(house, { basket: ['milk'] });
    for (const clean of cleanUp.reverse()) await clean();
    expect(running).toEqual(serviceNames);
    expect(answer.servedBy.fallback).toBeNull();
  }, 120_000);

  const skus = (count: number) => Array.from({ length: count }, (_, i) => `sku-${i}`);
  const asked = '/v1/recommendations';
  it.each([
    { what: '1,001 different items', path: asked, body: { basket: skus(1_001) }, status: 422, field: 'basket' },
    { what: 'a number among the SKUs', path: asked, body: { basket: ['milk', 7] }, status: 422, field: 'basket[1]' },
    { what: 'an empty SKU', path: asked, body: { basket: [''] }, status: 422, field: 'basket[0]' },
    { what: 'no basket', path: asked, body: {}, status: 422, field: 'basket' },
    { what: 'a list for a body', path: asked, body: [], status: 422, field: undefined },
    {
      what: 'an unknown moment',
      path: asked,
      body: { basket: [], context: { moment: 'night' } },
      status: 422,
      field: 'context.moment',
    },
    { what: 'a limit of nothing', path: asked, body: { basket: [], limit: 0 }, status: 422, field: 'limit' },
    { what: 'a field nobody knows', path: asked, body: { basket: [], baskt: [] }, status: 422, field: 'baskt' },
    { what: 'half a JSON', path: asked, body: '{"basket": [', status: 400, field: undefined },
    { what: 'no JSON at all', path: asked, body: 'milk', status: 400, field: undefined },
    { what: 'a huge body', path: asked, body: { basket: ['x'.repeat(2_000_000)] }, status: 413, field: undefined },
    {
      what: 'an unknown use case',
      path: '/v1/predictions/colour',
      body: { inputs: {} },
      status: 404,
      field: 'useCase',
    },
    { what: 'an unknown path', path: '/v1/recommend', body: {}, status: 404, field: undefined },
    {
      what: 'feedback without a prediction',
      path: '/v1/feedback',
      body: { kind: 'clicked' },
      status: 422,
      field: 'predictionId',
    },
  ])('$what: $status', async ({ path, body, status, field }) => {
    const answer = await call<ProblemDetails>(`${house.gatewayUrl}${path}`, body);
    expect(answer.status).toBe(status);
    expect(answer.contentType).toMatch(/^application\/problem\+json/);
    expect(answer.body).toMatchObject({
      status,
      code: expect.stringMatching(/^[A-Z_]+$/),
      remedy: expect.stringMatching(/\w/),
    });
    expect(answer.body.field).toBe(field);
    expect(answer.text).not.toMatch(/node_modules|dist\/|\.js:\d/);
  });

  it('an event time from a stranger is refused', async () => {
    const answer = await call<ProblemDetails>(`${house.gatewayUrl}${asked}`, {
      basket: [],
      occurredAt: '2011-01-01T00:00:00Z',
    });
    expect([answer.status, answer.body.code]).toEqual([403, 'EVENT_TIME_NOT_TRUSTED']);
  });

  it.each([
    { query: 'model=colour', code: 'MODEL_NOT_FOUND' },
    { query: 'model=basket&version=99', code: 'VERSION_NOT_FOUND' },
    { query: 'model=basket&window=1y', field: 'window' },
    { query: 'model=basket&from=yesterday&to=today', field: 'from' },
    { query: 'version=1', field: 'model' },
  ])('the monitor refuses ?$query', async ({ query, code, field }) => {
    const answer = await call<ProblemDetails>(`${house.monitorUrl}/v1/drift?${query}`);
    expect(answer.contentType).toMatch(/^application\/problem\+json/);
    if (code) expect(answer.body.code).toBe(code);
    if (field) expect(answer.body.field).toBe(field);
  });

  it.each([
    {
      what: 'a corrupt graph',
      code: 'MODEL_INVALID',
      spoil: (dir: string) =>
        writeFileSync(join(dir, 'model.onnx'), readFileSync(join(dir, 'model.onnx')).subarray(0, 5_000)),
    },
    {
      what: 'a picture for a graph',
      code: 'MODEL_INVALID',
      spoil: (dir: string) => writeFileSync(join(dir, 'model.onnx'), Buffer.from('89504e470d0a1a0a', 'hex')),
    },
    {
      what: "another model's signature",
      code: 'SIGNATURE_MISMATCH',
      spoil: (dir: string) => edit(dir, 'signature.json', 'confidence', 'probability'),
    },
    {
      what: 'golden answers that lie',
      code: 'GOLDEN_MISMATCH',
      spoil: (dir: string) => edit(dir, 'golden.json', '"sugar"', '"salt"'),
    },
    {
      what: 'a baseline that is none',
      code: 'BASELINE_INVALID',
      spoil: (dir: string) => copyFileSync(join(dir, 'card.json'), join(dir, 'baseline.json')),
    },
  ])(
    '$what is not registered: $code',
    async ({ code, spoil }) => {
      const dir = mkdtempSync(join(tmpdir(), 'vinaigrette-spoilt-'));
      cpSync(version.dir, dir, { recursive: true });
      spoil(dir);
      const refusal = await house.vinaigrette('models', 'push', dir, '--name', 'spoilt').then(
        () => 'registered',
        (error: Error) => error.message,
      );
      rmSync(dir, { recursive: true });
      expect(refusal).toContain(code);
      expect(refusal).not.toMatch(/node_modules|\.js:\d/);
      expect(await house.vinaigrette('models', 'list')).not.toContain('spoilt 1');
    },
    120_000,
  );
});

function edit(dir: string, file: string, from: string, to: string): void {
  const path = join(dir, file);
  writeFileSync(path, readFileSync(path, 'utf8').replaceAll(from, to));
}
