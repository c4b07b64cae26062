import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { ShopClient, ShopProblem } from '../src/index.js';
import { pauseBefore, retryAfterMsOf } from '../src/retries.js';

interface Reply {
  status: number;
  headers?: Record<string, string>;
  body?: string;
}

const problem = JSON.stringify({ code: 'X', detail: 'no', remedy: 'y', field: 'basket[0]' });
const feedback = { predictionId: 'id', kind: 'clicked' } as const;

describe('ShopClient', () => {
  let server: Server;
  let client: ShopClient;
  let url: string;
  /** What is answered next, one after the other; then 200. undefined: never. */
  let replies: (Reply | undefined)[];
  let seen: { url: string | undefined; headers: IncomingHttpHeaders; body: unknown }[];

  beforeAll(async () => {
    server = createServer((request, response) => {
      let text = '';
      request.on('data', (piece: Buffer) => (text += piece.toString()));
      request.on('end', () => {
        seen.push({ url: request.url, headers: request.headers, body: text === '' ? undefined : JSON.parse(text) });
        const reply = replies.length > 0 ? replies.shift() : { status: 200 };
        if (!reply) return;
        response.writeHead(reply.status, reply.headers);
        response.end(reply.body ?? (reply.status < 300 ? '{"answers":[]}' : problem));
      });
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    client = new ShopClient({ url: `${url}/`, key: 'vin_key', timeoutMs: 30_000 });
  });
  beforeEach(() => {
    [replies, seen] = [[], []];
  });
  afterAll(() => {
    server.closeAllConnections();
    server.close();
  });

  it.each([
    { path: '/v1/recommendations', ask: () => client.recommend({ basket: ['milk'] }), body: { basket: ['milk'] } },
    { path: '/v1/predictions/a%2Fb', ask: () => client.predict('a/b', { inputs: {} }), body: { inputs: {} } },
    {
      path: '/v1/recommendations/batch',
      ask: () => client.recommendEach([{ basket: [] }]),
      body: { requests: [{ basket: [] }] },
    },
    {
      path: '/v1/recommendations/the%20mail',
      ask: () => client.recommend({ basket: [] }, { useCase: 'the mail' }),
      body: { basket: [] },
    },
    {
      path: '/v1/recommendations/mail/batch',
      ask: () => client.recommendEach([{ basket: [] }], { useCase: 'mail' }),
      body: { requests: [{ basket: [] }] },
    },
    {
      path: '/v1/predictions/quote/batch',
      ask: () => client.predictEach('quote', [{ inputs: { age: 1 } }]),
      body: { requests: [{ inputs: { age: 1 } }] },
    },
    { path: '/v1/feedback', ask: () => client.feedback(feedback), body: feedback },
    { path: '/v1/customers/c%201%2F2/recommendations', ask: () => client.recommendFor('c 1/2'), body: undefined },
    {
      path: '/v1/customers/c-1/recommendations?useCase=mail&limit=3&market=d%26e',
      ask: () => client.recommendFor('c-1', { useCase: 'mail', limit: 3, market: 'd&e', channel: undefined }),
      body: undefined,
    },
  ])('asks $path, with its key', async ({ path, ask, body }) => {
    await ask();
    expect(seen.map((it) => ({ url: it.url, body: it.body }))).toEqual([{ url: path, body }]);
    expect(seen[0]?.headers.authorization).toBe('Bearer vin_key');
  });

  const now = { 'retry-after': '0' };
  it.each([
    { what: 'a question', when: 'turned away', reply: { status: 429, headers: now }, times: 2 },
    { what: 'a question', when: 'too much is under way', reply: { status: 503, headers: now }, times: 2 },
    { what: 'a question', when: 'nobody could answer it', reply: { status: 503 }, times: 1 },
    { what: 'a question', when: 'it is wrong', reply: { status: 422 }, times: 1 },
    {
      what: 'a question',
      when: 'to be asked in an hour',
      reply: { status: 503, headers: { 'retry-after': '3600' } },
      times: 1,
    },
    { what: 'feedback', when: 'nobody could take it', reply: { status: 503 }, times: 2 },
    { what: 'feedback', when: 'a proxy failed', reply: { status: 502, body: '<h1>Bad gateway</h1>' }, times: 2 },
    { what: 'feedback', when: 'it is wrong', reply: { status: 422 }, times: 1 },
    { what: "a batch's answer", when: 'nobody could give it', reply: { status: 503 }, times: 2 },
    { what: "a batch's answer", when: 'there is none', reply: { status: 404 }, times: 1 },
  ])('sends $what $times time(s) when $when', async ({ what, reply, times }) => {
    replies = [reply, reply];
    const asks: Record<string, () => Promise<unknown>> = {
      feedback: () => client.feedback(feedback),
      "a batch's answer": () => client.recommendFor('c-1'),
      'a question': () => client.recommend({ basket: [] }),
    };
    const told = await asks[what]?.().catch((error: unknown) => error);
    expect(told).toBeInstanceOf(ShopProblem);
    expect(seen).toHaveLength(times);
    expect(new Set(seen.map(({ headers }) => headers['idempotency-key'])).size).toBe(1);
  });

  it("sends feedback with the shop's own key, and else with a new one for each", async () => {
    await client.feedback(feedback, { idempotencyKey: 'order-7' });
    await client.feedback(feedback);
    await client.feedback(feedback);
    const keys = seen.map(({ headers }) => headers['idempotency-key']);
    expect(keys[0]).toBe('order-7');
    expect(new Set(keys).size).toBe(3);
  });

  it('says what is wrong, in the words of the gateway or of nobody', async () => {
    replies = [{ status: 422 }, { status: 404, body: '<h1>Not here</h1>' }, { status: 200, body: '<h1>Welcome</h1>' }];
    const said = { status: 422, code: 'X', message: 'no', remedy: 'y', field: 'basket[0]' };
    await expect(client.recommend({ basket: [] })).rejects.toMatchObject(said);
    await expect(client.recommend({ basket: [] })).rejects.toMatchObject({ status: 404, code: 'NOT_THE_GATEWAY' });
    await expect(client.recommend({ basket: [] })).rejects.toMatchObject({ status: 200, code: 'NOT_THE_GATEWAY' });
  });

  it('gives up an answer that takes too long, and one that nobody waits for', async () => {
    replies = [undefined, undefined];
    const hasty = new ShopClient({ url, timeoutMs: 20 });
    await expect(hasty.recommend({ basket: [] })).rejects.toMatchObject({ name: 'TimeoutError' });
    const waiting = new AbortController();
    const asked = client.recommend({ basket: [] }, { signal: waiting.signal });
    waiting.abort(new Error('left the page'));
    await expect(asked).rejects.toThrow('left the page');
    await expect(client.feedback(feedback, { signal: AbortSignal.abort(new Error('gone')) })).rejects.toThrow('gone');
  });

  it('leaves at once when nobody waits for the next attempt', async () => {
    replies = [{ status: 503, headers: { 'retry-after': '3600' } }];
    const patient = new ShopClient({ url, pauseMsMax: 4_000_000 });
    const waiting = new AbortController();
    const asked = patient.recommend({ basket: [] }, { signal: waiting.signal });
    while (seen.length === 0) await new Promise((resolve) => setTimeout(resolve, 5));
    setTimeout(() => waiting.abort(new Error('left the page')), 50);
    await expect(asked).rejects.toThrow('left the page');
  });
});

describe('pauseBefore()', () => {
  const attempted = { repeatable: true, attempts: 1, pauseMsMax: 5_000, chance: 1 };
  const unreachable = new TypeError('fetch failed');
  it.each([
    { what: 'nobody was reached, and it is safe', failure: unreachable, more: {}, pauseMs: 100 },
    { what: 'so for the third time', failure: unreachable, more: { attempts: 3 }, pauseMs: 400 },
    { what: 'so, by chance earlier', failure: unreachable, more: { chance: 0 }, pauseMs: 50 },
    { what: 'so for the tenth time', failure: unreachable, more: { attempts: 10 }, pauseMs: 5_000 },
    { what: 'nobody was reached', failure: unreachable, more: { repeatable: false }, pauseMs: undefined },
    { what: 'told to wait 2 s', failure: ShopProblem.of(429, {}, 2_000), more: { repeatable: false }, pauseMs: 2_000 },
    { what: 'told to wait too long', failure: ShopProblem.of(429, {}, 5_001), more: {}, pauseMs: undefined },
    { what: 'refused for good', failure: ShopProblem.of(403, {}, undefined), more: {}, pauseMs: undefined },
  ])('is $pauseMs ms when $what', ({ failure, more, pauseMs }) => {
    expect(pauseBefore(failure, { ...attempted, ...more })).toBe(pauseMs);
  });
});

describe('retryAfterMsOf()', () => {
  it.each([
    { header: null, ms: undefined },
    { header: '3', ms: 3_000 },
    { header: 'Sat, 21 Nov 2026 12:00:02 GMT', ms: 2_000 },
    { header: 'Sat, 21 Nov 2026 11:00:00 GMT', ms: 0 },
    { header: 'soon', ms: undefined },
  ])('is $ms of $header', ({ header, ms }) => {
    expect(retryAfterMsOf(header, Date.UTC(2026, 10, 21, 12))).toBe(ms);
  });
});
