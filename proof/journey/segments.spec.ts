import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { Client } from 'pg';
import { trainSegments } from '@vinaigrette/segments';
import { describeWith } from '../../tools/real-part.mjs';
import { createDatabase } from './database.js';
import { demoVersion } from './demo-version.js';
import { eventually, House } from './house.js';
import { call, drift, recommend } from './shop.js';

const example = (name: string) => fileURLToPath(new URL(`../../examples/segments/${name}`, import.meta.url));
const [SPENDERS, SAVERS] = ['incomeThousands-low.spendingScore-high', 'incomeThousands-high.spendingScore-low'];
const HOUR_MS = 3_600_000;

/** Forty who earn little and spend freely, forty who do the opposite. */
const customers = Array.from({ length: 80 }, (_, n) =>
  n < 40
    ? { id: `c${n}`, income: 20 + (n % 7), score: 80 - (n % 5) }
    : { id: `c${n}`, income: 90 + (n % 7), score: 20 + (n % 5) },
);

describeWith('PostgreSQL', 'DATABASE_URL', 'customers by the segment that a model says they are in', () => {
  let house: House;
  let drop: () => Promise<void>;
  let shop: Client;
  const champion = ['--alias', 'champion', '--reason', 'first'];
  const put = (kind: string, name: string, file: string) =>
    house.vinaigrette('documents', 'put', kind, name, example(file), ...champion);

  beforeAll(async () => {
    const database = await createDatabase(process.env.DATABASE_URL as string);
    drop = database.drop;
    house = await House.open({ databaseUrl: database.url, environment: { SHOP_DATABASE_URL: database.url } });
    shop = new Client({ connectionString: database.url });
    await shop.connect();
    await shop.query('CREATE TABLE customers (customer_id text PRIMARY KEY, income float8, score float8)');
    await shop.query('INSERT INTO customers SELECT * FROM unnest($1::text[], $2::float8[], $3::float8[])', [
      customers.map(({ id }) => id),
      customers.map(({ income }) => income),
      customers.map(({ score }) => score),
    ]);
    const query = `SELECT customer_id AS "CustomerID", income AS "Annual Income (k$)", score AS "Spending Score (1-100)"
      FROM customers ORDER BY customer_id`;
    const outDir = join(house.dir, 'segments');
    await trainSegments({ input: database.url, query, segmentation: 'demographic', clusters: 2, starts: 5, outDir });
    await house.vinaigrette('models', 'push', outDir, '--name', 'segments', ...champion);
    await put('use-case', 'customer-segment', 'customer-segment.use-case.json');
    const basket = await demoVersion();
    await house.vinaigrette('models', 'push', basket.dir, '--name', 'basket', ...champion);
    basket.remove();
    for (const model of ['segments', 'basket']) {
      const ready = `http://127.0.0.1:${house.ports.modelServerHttp}/v2/models/${model}/ready`;
      await eventually(
        'ready',
        () => call(ready),
        ({ status }) => status === 200,
      );
    }
  }, 300_000);
  afterAll(async () => {
    await shop?.end();
    await house?.close();
    await drop?.();
  }, 60_000);

  it('are written into a table by a batch, and looked up beside a basket, where a rule acts on them', async () => {
    const input = 'SELECT customer_id, income AS "incomeThousands", score AS "spendingScore" FROM customers ORDER BY 1';
    const words = ['--input', input, '--output', 'customer_segments', '--key', 'customer_id', '--outputs', 'segment'];
    await house.vinaigrette('batch', 'score', '--use-case', 'customer-segment', ...words);
    await shop.query(readFileSync(example('newest-segments.sql'), 'utf8'));
    const { rows } = await shop.query(
      'SELECT segment, count(*)::int AS customers FROM newest_segments GROUP BY 1 ORDER BY 1',
    );
    expect(rows).toEqual([
      { segment: SAVERS, customers: 40 },
      { segment: SPENDERS, customers: 40 },
    ]);

    await put('use-case', 'recommendations', 'recommendations.use-case.json');
    await put('rule-set', 'shop', 'shop.rule-set.json');
    const shownTo = async (id: string) =>
      (await recommend(house, { basket: ['milk'], customer: { id }, limit: 5 })).items.length;
    await eventually(
      'caps what savers are shown',
      async () => shownTo('c79').catch(() => 0),
      (shown) => shown === 2,
    );
    const [spender, saver, stranger] = [await shownTo('c0'), await shownTo('c41'), await shownTo('stranger')];
    expect(saver).toBe(2);
    expect(spender).toBeGreaterThan(2);
    expect(stranger).toBe(spender);
  }, 120_000);

  it('tell apart what is monitored, and are watched themselves', async () => {
    const fromMs = Math.floor(Date.now() / HOUR_MS) * HOUR_MS - HOUR_MS;
    const window = { version: 1, from: fromMs, to: fromMs + 3 * HOUR_MS };
    const seen = await eventually(
      'counted by segment',
      () => drift(house, { model: 'basket', segment: `segment=${SAVERS}`, ...window }),
      ({ predictions = '0' }) => Number(predictions) >= 2,
    );
    expect(seen.features?.map(({ name }) => name)).toContain('basketSize');
    const inputs = { incomeThousands: 92, spendingScore: 21 };
    const asked = await call<{ outputs: Record<string, unknown> }>(
      `${house.gatewayUrl}/v1/predictions/customer-segment`,
      { inputs },
    );
    expect(asked.body.outputs.segment).toBe(SAVERS);
    const ofSegments = await eventually(
      'watching the segments',
      () => drift(house, { model: 'segments', ...window }),
      ({ features }) => features?.some(({ name, count }) => name === 'segment' && Number(count) >= 1) ?? false,
    );
    expect(ofSegments.features?.map(({ name }) => name)).toEqual([
      'incomeThousands',
      'spendingScore',
      'segment',
      'distance',
    ]);
  }, 180_000);
});
