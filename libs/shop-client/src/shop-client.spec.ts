import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { ShopClient } from './shop-client.js';

describe('ShopClient', () => {
  let server: Server;
  let client: ShopClient;
  let statuses: number[];
  let seen: IncomingHttpHeaders[];
  beforeAll(async () => {
    server = createServer((request, response) => {
      seen.push(request.headers);
      response.statusCode = statuses.shift() ?? 200;
      response.end(
        JSON.stringify(response.statusCode < 300 ? { items: [] } : { code: 'X', detail: 'no', remedy: 'y' }),
      );
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    client = new ShopClient({ url, key: 'vin_key', timeoutMs: 30_000 });
  });
  beforeEach(() => {
    [statuses, seen] = [[], []];
  });
  afterAll(() => void server.close());

  it('asks with its key', async () => {
    expect(await client.recommend({ basket: [] })).toEqual({ items: [] });
    expect(seen[0]?.authorization).toBe('Bearer vin_key');
  });

  it('asks again after "not now", with the same idempotency key', async () => {
    statuses = [503];
    await client.feedback({ predictionId: 'id', kind: 'clicked' });
    expect(seen).toHaveLength(2);
    expect(seen[0]?.['idempotency-key']).toBe(seen[1]?.['idempotency-key']);
  });

  it('does not ask again what can never succeed, nor for whom stopped waiting', async () => {
    statuses = [422];
    await expect(client.predict('quote', { inputs: {} })).rejects.toMatchObject({
      status: 422,
      code: 'X',
      remedy: 'y',
    });
    await expect(client.recommend({ basket: [] }, AbortSignal.abort())).rejects.toThrow();
    expect(seen).toHaveLength(1);
  });
});
