import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { Client } from 'pg';
import { describeWith } from '../../tools/real-part.mjs';
import { createDatabase } from './database.js';
import { demoVersion } from './demo-version.js';
import { furnish } from './furnish.js';
import { eventually, House } from './house.js';
import { call, type Recommendation } from './shop.js';

const CUSTOMERS = 150;
const useCase = {
  kind: 'recommendation',
  model: 'basket',
  ruleSet: 'shop',
  budgetMs: 60_000,
  limit: { default: 3, max: 20 },
  lookups: { catalogue: { table: 'goods', key: 'sku', columns: { margin: 'number', stock: 'number' } } },
  success: { kinds: ['purchased'] },
};

describeWith('PostgreSQL', 'DATABASE_URL', 'what is known before a release', () => {
  let house: House;
  let version: Awaited<ReturnType<typeof demoVersion>>;
  let drop: () => Promise<void>;
  let shop: Client;
  let shown: string[][];

  const customer = (n: number) => `c-${n}`;
  const recommend = (n: number) =>
    call<Recommendation>(`${house.gatewayUrl}/v1/recommendations`, {
      basket: ['milk'],
      customer: { id: customer(n) },
    });
  const put = async (kind: string, name: string, body: object, ...more: string[]) => {
    const file = join(house.dir, `${name}.json`);
    writeFileSync(file, JSON.stringify(body));
    await house.vinaigrette('documents', 'put', kind, name, file, ...more);
  };
  /** The report of a replay, and what was printed beside it. */
  const replay = async (candidate: string, ...gates: string[]) => {
    const file = join(house.dir, 'replay.json');
    const words = ['replay', '--candidate', candidate, '--since', '1h', '--json', file, ...gates];
    const text = await house.vinaigrette(...words).catch((error: Error) => error.message);
    return { text, report: JSON.parse(readFileSync(file, 'utf8')) };
  };

  beforeAll(async () => {
    const database = await createDatabase(process.env.DATABASE_URL as string);
    drop = database.drop;
    version = await demoVersion();
    shop = new Client({ connectionString: database.url });
    await shop.connect();
    await shop.query('CREATE TABLE goods (sku text PRIMARY KEY, margin float8, stock int)');
    house = await House.open({ databaseUrl: database.url, environment: { SHOP_DATABASE_URL: database.url } });
    await furnish(house, version.dir, { 'use-case': useCase });
    await eventually(
      'answered by the model',
      () => recommend(0),
      ({ body }) => body.items?.length === 3 && body.servedBy.fallback === null,
    );
    const answers = await Promise.all(Array.from({ length: CUSTOMERS }, (_, n) => recommend(n)));
    shown = answers.map(({ body }) => body.items.map(({ sku }) => sku));
    for (const [n, { body }] of answers.entries()) {
      if (n % 3 > 0) continue;
      const bought = { predictionId: body.predictionId, kind: 'purchased', skus: [body.items[0]!.sku] };
      await call(`${house.gatewayUrl}/v1/feedback`, bought);
    }
    for (const [sku, margin] of [...new Set(shown.flat())].map((sku, at) => [sku, at / 10] as const)) {
      await shop.query('INSERT INTO goods VALUES ($1, $2, 5)', [sku, margin]);
    }
    await put('rule-set', 'shop', { rules: [{ id: 'recalled', action: 'hide', skus: [shown[0]![0]] }] });
    await eventually(
      'in the archive',
      () => replay('rules@1'),
      ({ report }) => report.requests > CUSTOMERS && report.kpi.logged > 0.3,
    );
  }, 300_000);
  afterAll(async () => {
    await shop?.end();
    await house?.close();
    version?.remove();
    await drop?.();
  }, 60_000);

  it('is that nothing changes with what is in force, by the same code and the same model server', async () => {
    const { text, report } = await replay('rules@1', '--max-changed', '0', '--min-overlap', '1', '--min-lift', '0');
    expect(report).toMatchObject({ notReplayable: {}, changed: 0, overlap: 1, reproduced: { share: 1 }, failed: [] });
    expect(report.kpi).toMatchObject({ meanWeight: 1, lift: { value: 0, low: 0, high: 0 } });
    expect(report.latencyMs.candidate.p50).toBeGreaterThan(0);
    expect(text).toMatch(/passed$/m);
  }, 120_000);

  it('is who would see what else under other rules, what they earn, and that the KPI cannot be told', async () => {
    const { text, report } = await replay('rules@2', '--max-changed', '0.5', '--min-lift', '0');
    expect(report).toMatchObject({ changed: 1, reproduced: { share: 1 } });
    expect(report.overlap).toBeLessThan(1);
    expect(report.fired.recalled).toEqual({ control: 0, candidate: report.replayed });
    expect(report.means.margin.candidate).toBeGreaterThan(report.means.margin.control);
    expect(report.kpi.cannotTell).toContain('0 effective answers');
    expect(text).toContain('ended with 2');
    expect(text).toContain('not passed: 100.0 % of the answers change');
    expect(text).toContain('not passed: the KPI cannot be told');
  }, 120_000);

  it('becomes evidence that a promotion policy can ask for', async () => {
    const { text } = await replay('model@1', '--evidence', 'replays');
    expect(text).toContain('kept as an evaluation of basket 1 on replays');
  }, 120_000);

  it('is answered over night, and shown by the rules of the morning', async () => {
    await shop.query(
      `CREATE TABLE baskets AS SELECT 'c-' || g AS id, ARRAY['milk'] AS basket FROM generate_series(1, 50) g`,
    );
    const words = ['batch', 'score', '--use-case', 'recommendations', '--key', 'id', '--output', 'answers'];
    await house.vinaigrette(...words, '--input', 'SELECT * FROM baskets');
    const rows = await shop.query('SELECT id, items, offered, model_version FROM answers ORDER BY id');
    expect(rows.rowCount).toBe(50);
    expect(rows.rows[0].items.map(({ sku }: { sku: string }) => sku)).toEqual(shown[1]);
    const precomputed = { ...useCase, precomputed: { table: 'answers', key: 'id' } };
    await put('use-case', 'recommendations', precomputed, '--alias', 'champion', '--reason', 'answers of the night');
    await house.vinaigrette('documents', 'alias', 'rule-set', 'shop', 'champion', '2', '--reason', 'a recall');
    const answer = await eventually(
      'shown by the new rules',
      () =>
        call<Recommendation & { precomputed?: { version: number } }>(
          `${house.gatewayUrl}/v1/customers/c-1/recommendations`,
        ),
      ({ body, status }) =>
        status === 200 && body.servedBy.ruleSet?.version === 2 && body.servedBy.fallback === 'precomputed',
    );
    expect(answer.body.precomputed).toMatchObject({ version: 1 });
    expect(answer.body.items.map(({ sku }) => sku)).toEqual(shown[1]!.slice(1));
  }, 120_000);
});
