import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import {
  ShopClient,
  type BatchAnswer,
  type CustomerQuery,
  type Feedback,
  type FeedbackTaken,
  type Prediction,
  type PredictionRequest,
  type ProblemDetails,
  type Recommendation,
  type RecommendationRequest,
} from '@vinaigrette/shop-client';
import { chromium } from 'playwright-core';
import { transpile } from 'typescript';
import type { z } from 'zod';
import { describeWith } from '../../../tools/real-part.mjs';
import type * as schemas from '../src/adapters/http/schemas.js';
import { openShop } from './open-shop.js';
import { document } from './shop.js';

/** Every field, also one that need not be there: without it, what knows an optional field fits what does not. */
type Whole<T> = T extends readonly (infer Item)[]
  ? Whole<Item>[]
  : T extends object
    ? { [Key in keyof T]-?: Whole<T[Key]> }
    : T;
type Fits<One, Other> = [One] extends [Other] ? ([Other] extends [One] ? true : never) : never;
/** Compiles only where whatever is one is the other too. */
type Same<One, Other> = Fits<One, Other> & Fits<Whole<One>, Whole<Other>>;
type Schemas = typeof schemas;
type Asked<Name extends keyof Schemas> = Schemas[Name] extends z.ZodType ? z.input<Schemas[Name]> : never;
type Answered<Name extends keyof Schemas> = Schemas[Name] extends z.ZodType ? z.output<Schemas[Name]> : never;

/** The client's types are written for readers; the schemas are what is checked and told at /openapi.json. */
const theSame: {
  recommendationRequest: Same<RecommendationRequest, Asked<'recommendationRequest'>>;
  recommendation: Same<Recommendation, Answered<'recommendation'>>;
  predictionRequest: Same<PredictionRequest, Asked<'predictionRequest'>>;
  customerQuery: Same<CustomerQuery, Omit<z.output<Schemas['customerQuery']>, 'id'>>;
  prediction: Same<Prediction, Answered<'prediction'>>;
  feedback: Same<Feedback, Asked<'feedbackRequest'>>;
  feedbackTaken: Same<FeedbackTaken, Answered<'feedbackTaken'>>;
  problem: Same<ProblemDetails, Omit<Answered<'problemDetails'>, 'instance'>>;
  recommendationAnswers: Same<{ answers: BatchAnswer<Recommendation>[] }, Answered<'recommendationAnswers'>>;
  predictionAnswers: Same<{ answers: BatchAnswer<Prediction>[] }, Answered<'predictionAnswers'>>;
} = {
  recommendationRequest: true,
  recommendation: true,
  customerQuery: true,
  predictionRequest: true,
  prediction: true,
  feedback: true,
  feedbackTaken: true,
  problem: true,
  recommendationAnswers: true,
  predictionAnswers: true,
};

const HOW_TO = join(import.meta.dirname, '../../../docs/how-to/ask-the-gateway.md');
const CLIENT = join(import.meta.dirname, '../../../libs/shop-client');
const KEY = 'vin_the-key-of-this-shop';
const keys = {
  keys: [
    {
      id: 'shop',
      sha256: createHash('sha256').update(KEY).digest('hex'),
      scopes: ['recommend', 'predict', 'feedback'],
    },
  ],
};

/** The first example in this language, asking the gateway at `url`. */
async function example(language: 'sh' | 'js' | 'ts', url: string): Promise<string> {
  const [, text] = new RegExp(`\`\`\`${language}\n(.*?)\`\`\``, 's').exec(await readFile(HOW_TO, 'utf8')) ?? [];
  if (!text) throw new Error(`${HOW_TO} holds no example in ${language}`);
  return text.replaceAll('http://127.0.0.1:8080', url);
}

const run = async (command: string, words: string[], cwd: string): Promise<string> => {
  // Whoever runs the tests may ask for colours; what is compared is text.
  const env = { ...process.env, FORCE_COLOR: '0' };
  const { stdout, stderr } = await promisify(execFile)(command, words, { cwd, env, timeout: 60_000 });
  return stdout + stderr;
};

describe('the TypeScript client', () => {
  let shop: Awaited<ReturnType<typeof openShop>>;
  let client: ShopClient;
  let page: Server;

  beforeAll(async () => {
    page = createServer((request, response) => void serve(request.url ?? '/').then((it) => response.end(it)));
    page.on('request', (request, response) => {
      response.setHeader('content-type', request.url?.endsWith('.js') ? 'text/javascript' : 'text/html');
    });
    await new Promise<void>((resolve) => page.listen(0, '127.0.0.1', resolve));
    shop = await openShop([document('shop-keys', 'web', keys)], { SHOP_KEYS: 'web', CORS_ORIGINS: pageUrl() });
    client = new ShopClient({ url: shop.gateway.url, key: KEY, timeoutMs: 30_000 });
  }, 60_000);
  afterAll(async () => {
    page.close();
    await shop.close();
  }, 60_000);

  const pageUrl = () => `http://127.0.0.1:${(page.address() as AddressInfo).port}`;
  /** An empty page, and the client's modules as they were built. */
  const serve = (path: string): Promise<string> =>
    path.endsWith('.js') ? readFile(join(CLIENT, 'dist', path), 'utf8') : Promise.resolve('<!doctype html>');

  it('knows what the reference knows', () => {
    expect(Object.values(theSame)).not.toContain(undefined);
  });

  it('is answered, alone and in batches, and tells what became of it', async () => {
    const { predictionId, items } = await client.recommend({ basket: ['milk'] });
    expect(items.map(({ sku }) => sku)).toEqual(['sugar', 'bread']);
    const key = { idempotencyKey: 'order-7' };
    const first = await client.feedback({ predictionId, kind: 'purchased', skus: ['sugar'] }, key);
    expect(await client.feedback({ predictionId, kind: 'purchased', skus: ['sugar'] }, key)).toEqual(first);
    const { outputs } = await client.predict('quote', { inputs: { age: 40, smoker: 'no' } });
    expect(outputs).toEqual({ charges: 4_000, class: 'ok' });
    const baskets = await client.recommendEach([{ basket: ['milk'] }, { basket: [] }]);
    expect(baskets.map(({ answer }) => answer?.servedBy.fallback)).toEqual([null, 'best-sellers']);
    const [bad] = await client.predictEach('quote', [{ inputs: { age: 'x' } }]);
    expect(bad).toMatchObject({ status: 422, problem: { code: 'SIGNATURE_MISMATCH', field: 'inputs.age' } });
  });

  it('is told what is wrong', async () => {
    const wrong = { status: 422, code: 'BODY_INVALID', field: 'basket[0]' };
    await expect(client.recommend({ basket: [''] })).rejects.toMatchObject(wrong);
    const stranger = new ShopClient({ url: shop.gateway.url });
    await expect(stranger.recommend({ basket: [] })).rejects.toMatchObject({ status: 403, code: 'KEY_REFUSED' });
  });

  it('and curl and fetch do as the how-to shows', async () => {
    const { folder } = shop.space;
    const told = await run('sh', ['-ec', await example('sh', shop.gateway.url)], folder);
    expect(told).toMatch(/"sku":"sugar".*"outcomeId"/s);
    await writeFile(join(folder, 'fetch.mjs'), await example('js', shop.gateway.url));
    expect(await run(process.execPath, ['fetch.mjs'], folder)).toBe("{ charges: 4200, class: 'ok' } by version 4\n");
    await mkdir(join(folder, 'node_modules/@vinaigrette'), { recursive: true });
    await symlink(CLIENT, join(folder, 'node_modules/@vinaigrette/shop-client'));
    await writeFile(
      join(folder, 'client.mjs'),
      transpile(await example('ts', shop.gateway.url), { module: 99, target: 99 }),
    );
    expect(await run(process.execPath, ['client.mjs'], folder)).toMatch(
      /^sugar 0.8\d* bought-together\nbread 0.5 bought-together\n\{ charges: 4200, class: 'ok' \} inputs.age\n$/,
    );
  }, 180_000);

  describeWith('Chromium', 'CHROMIUM_PATH', 'in a browser', () => {
    it('is what was built, without a bundler, from a page of another origin', async () => {
      const args = process.getuid?.() === 0 ? ['--no-sandbox'] : [];
      const browser = await chromium.launch({ executablePath: process.env['CHROMIUM_PATH'] as string, args });
      try {
        const tab = await browser.newPage();
        await tab.goto(pageUrl());
        const asked = `import('/src/index.js').then(async ({ ShopClient, ShopProblem }) => {
          const shop = new ShopClient({ url: '${shop.gateway.url}', key: '${KEY}', timeoutMs: 30_000 });
          const { predictionId, items } = await shop.recommend({ basket: ['milk'] });
          const { outcomeId } = await shop.feedback({ predictionId, kind: 'clicked', skus: ['sugar'] });
          const refused = await shop.predict('nothing', { inputs: {} }).catch((error) => error);
          return [items[0].sku, typeof outcomeId, refused instanceof ShopProblem, refused.code];
        })`;
        expect(await tab.evaluate(asked)).toEqual(['sugar', 'string', true, 'USE_CASE_NOT_FOUND']);
      } finally {
        await browser.close();
      }
    }, 120_000);
  });
});
