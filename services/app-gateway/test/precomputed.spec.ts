import { randomBytes } from 'node:crypto';
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from '@jest/globals';
import { PredictionStatus } from '@vinaigrette/contracts/events';
import type { WantedModel } from '@vinaigrette/contracts/registry';
import { Client } from 'pg';
import { describeWith } from '../../../tools/real-part.mjs';
import { openShop } from './open-shop.js';
import { basketSignature, document, model, recommendations, wantedShop } from './shop.js';
import { eventually, readLog } from './test-gateway.js';

const SERVER = process.env['DATABASE_URL'] ?? '';
const HOUR_MS = 3_600_000;

const ladder = {
  ...recommendations,
  budgetMs: 10_000,
  fallback: ['precomputed', 'best-sellers'],
  rungBudgetsMs: { precomputed: 5_000 },
  precomputed: { table: 'shop.answers', key: 'customer_id', ageMsMax: 24 * HOUR_MS },
};
const bought = (sku: string, score: number) => ({
  sku,
  score,
  reasons: [{ kind: 'bought-together', because: ['milk'], confidence: score }],
});

describeWith('PostgreSQL', 'DATABASE_URL', 'answers that a batch has given', () => {
  const name = `vinaigrette_gateway_${randomBytes(4).toString('hex')}`;
  const url = new URL(SERVER || 'postgres://nowhere');
  url.pathname = `/${name}`;
  let server: Client;
  let database: Client;
  let wishes = 1;
  let shop: Awaited<ReturnType<typeof openShop>>;

  /** As `vinaigrette batch score` writes it. */
  const put = async (customer: string, version: number, items: object[], ageMs = HOUR_MS, fallback?: string) => {
    await database.query(
      `INSERT INTO shop.answers VALUES ($1, $2, $3, $4, now() - $5::float8 * interval '1 millisecond')`,
      [customer, version, JSON.stringify(items), fallback ?? null, ageMs],
    );
  };
  /** The state in which these versions are wanted: the champion, and the one before it. */
  const want = async (champion: number, previous: number | undefined, useCase: object = ladder) => {
    const wanted = wantedShop(shop.registry);
    const basket = model('basket', basketSignature, champion) as WantedModel;
    const versions = previous === undefined ? [] : model('basket', basketSignature, previous).versions;
    const models = [
      {
        ...basket,
        versions: [...basket.versions, ...versions],
        previous: previous === undefined ? {} : { champion: previous },
      },
      wanted.models[1]!,
    ];
    const others = wanted.documents.filter(({ name }) => name !== 'recommendations');
    shop.registry.want({ models, documents: [...others, document('use-case', 'recommendations', useCase, ++wishes)] });
    await eventually(async () => {
      const { body } = await shop.gateway.get(`/v1/route?useCase=recommendations&unit=c`);
      return body.useCase?.version === wishes;
    }, 'the new state is in force');
  };
  const of = (customer: string, query = '') =>
    shop.gateway.get(`/v1/customers/${encodeURIComponent(customer)}/recommendations${query}`);
  const skus = ({ body }: { body: { items: { sku: string }[] } }) => body.items.map(({ sku }) => sku);

  beforeAll(async () => {
    server = new Client(SERVER);
    await server.connect();
    await server.query(`CREATE DATABASE ${name}`);
    database = new Client(url.href);
    await database.connect();
    await database.query(`
      CREATE SCHEMA shop;
      CREATE TABLE shop.answers (customer_id text, model_version integer, offered jsonb, fallback text, scored_at timestamptz);
    `);
  }, 60_000);
  afterAll(async () => {
    await database?.end();
    await server?.query(`DROP DATABASE IF EXISTS ${name} WITH (FORCE)`);
    await server?.end();
  }, 60_000);
  beforeEach(async () => {
    await database.query('TRUNCATE shop.answers');
    shop = await openShop([document('use-case', 'recommendations', ladder)], { SHOP_DATABASE_URL: url.href });
  }, 60_000);
  afterEach(() => shop.close(), 60_000);

  it('come under the rules of now, with their version and time, and are logged as any other', async () => {
    await put('c 1/ü', 1, [bought('rum', 0.9), bought('sugar', 0.8), bought('bread', 0.5), bought('salt', 0.1)]);
    const answer = await of('c 1/ü', '?moment=cart');
    expect(answer.status).toBe(200);
    expect(skus(answer)).toEqual(['sugar', 'bread']); // no-rum hides, sure asks for 0.3
    expect(answer.body.precomputed).toEqual({ version: 1, scoredAt: expect.stringMatching(/^\d{4}-.*Z$/) });
    expect(answer.body.servedBy).toMatchObject({ model: 'basket', version: 1, fallback: 'precomputed' });
    expect(skus(await of('c 1/ü', '?moment=checkout'))).toEqual(['sugar']);
    const { predictions } = await readLog(shop.space.eventLogDir);
    expect(predictions[0]).toMatchObject({
      predictionId: answer.body.predictionId,
      unit: 'c 1/ü',
      version: 1,
      status: PredictionStatus.FALLBACK,
      fallback: 'precomputed',
      shown: ['sugar', 'bread'],
      firedRules: ['no-rum', 'sure'],
    });
    expect(shop.models.asked).toBe(0);
  }, 60_000);

  it.each([
    { what: 'a customer nobody scored', rows: [] as [string, number][] },
    { what: 'an answer that is too old', rows: [['c-1', 25 * HOUR_MS]] as [string, number][] },
  ])(
    'are followed by best sellers for $what',
    async ({ rows }) => {
      for (const [customer, ageMs] of rows) await put(customer, 1, [bought('sugar', 0.8)], ageMs);
      const answer = await of('c-1');
      expect(answer.body.servedBy.fallback).toBe('best-sellers');
      expect(answer.body.precomputed).toBeUndefined();
      expect(skus(answer)).toEqual(['milk', 'tea', 'eggs']);
    },
    60_000,
  );

  it('of a version that was rolled back are skipped, for those of a version that is wanted', async () => {
    await put('c-1', 1, [bought('bread', 0.5)], 2 * HOUR_MS);
    await put('c-1', 2, [bought('sugar', 0.8)]);
    await put('c-2', 2, [bought('sugar', 0.8)]);
    await want(2, 1);
    expect((await of('c-1')).body.precomputed.version).toBe(2);
    await want(1, undefined); // as the registry tells after models rollback
    expect((await of('c-1')).body.precomputed.version).toBe(1);
    expect((await of('c-2')).status).toBe(404); // the best sellers were of another version
  }, 60_000);

  it('stand in for a model that does not answer, without what is in the basket, before best sellers do', async () => {
    await put('c-1', 1, [bought('sugar', 0.8), bought('bread', 0.5)]);
    shop.models.close();
    const ask = (id: string) =>
      shop.gateway.post('/v1/recommendations', { basket: ['milk', 'sugar'], customer: { id } });
    const answer = await ask('c-1');
    expect(skus(answer)).toEqual(['bread']);
    expect(answer.body).toMatchObject({ servedBy: { fallback: 'precomputed' }, precomputed: { version: 1 } });
    expect((await ask('c-2')).body.servedBy.fallback).toBe('best-sellers');
  }, 60_000);

  it.each([
    {
      what: 'a row that is no answer',
      break: (db: Client) => db.query(`INSERT INTO shop.answers VALUES ('c-1', 1, '{"no": "list"}', NULL, now())`),
    },
    {
      what: 'a table that is gone',
      break: (db: Client) => db.query('ALTER TABLE shop.answers RENAME TO answers_away'),
    },
  ])(
    'do not come from $what; the next rung answers',
    async ({ break: breakIt }) => {
      await breakIt(database);
      expect((await of('c-1')).body.servedBy.fallback).toBe('best-sellers');
      await database.query('ALTER TABLE IF EXISTS shop.answers_away RENAME TO answers');
    },
    60_000,
  );

  it('come from the table of the use case that is asked for, under its rules and its budget', async () => {
    await database.query(`CREATE TABLE IF NOT EXISTS shop.mail (LIKE shop.answers)`);
    await put('c-1', 1, [bought('bread', 0.5)]);
    await database.query(`INSERT INTO shop.mail VALUES ('c-1', 1, $1, NULL, now())`, [
      JSON.stringify([bought('rum', 0.9), bought('sugar', 0.8)]),
    ]);
    const { models, documents } = wantedShop(shop.registry);
    const source = { ...ladder.precomputed, table: 'shop.mail' };
    const mail = document('use-case', 'mail', { ...ladder, precomputed: source });
    const both = documents.filter(({ name }) => name !== 'recommendations');
    shop.registry.want({ models, documents: [...both, document('use-case', 'recommendations', ladder), mail] });
    await eventually(async () => (await of('c-1', '?useCase=mail')).status === 200, 'the use case is in force');
    const [fromMail, byDefault] = [await of('c-1', '?useCase=mail&moment=cart'), await of('c-1')];
    expect(skus(fromMail)).toEqual(['sugar']);
    expect(fromMail.body.servedBy).toMatchObject({ useCase: 'mail', fallback: 'precomputed' });
    expect(skus(byDefault)).toEqual(['bread']);
    const { predictions } = await readLog(shop.space.eventLogDir);
    expect(new Set(predictions.map(({ useCase }) => useCase))).toEqual(new Set(['mail', 'recommendations']));
    for (const stranger of ['nothing', 'quote', '__proto__']) {
      expect(await of('c-1', `?useCase=${stranger}`)).toMatchObject({
        status: 404,
        body: { code: 'USE_CASE_NOT_FOUND', field: 'useCase' },
      });
    }
    expect(await of('c-1', '?useCase=mail&useCase=mail')).toMatchObject({ status: 422, body: { field: 'useCase' } });
  }, 60_000);

  it('are a 404 where there is nothing and no rung below, and a 422 for a wish that makes no sense', async () => {
    await want(1, undefined, { ...ladder, fallback: ['precomputed'] });
    expect(await of('c-1')).toMatchObject({ status: 404, body: { code: 'PRECOMPUTED_MISSING' } });
    expect(await of('c-1', '?limit=0')).toMatchObject({ status: 422, body: { code: 'QUERY_INVALID', field: 'limit' } });
    expect(await of('c-1', '?colour=red')).toMatchObject({ status: 422 });
    await want(1, undefined, recommendations);
    expect(await of('c-1')).toMatchObject({ status: 404, body: { code: 'PRECOMPUTED_MISSING' } });
  }, 60_000);
});
