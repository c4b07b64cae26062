import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createHash } from 'node:crypto';
import { basketModel, document, wantedShop } from './shop.js';
import { SmallModelServer } from './small-model-server.js';
import { SmallRegistry } from './small-registry.js';
import { eventually, TestGateway, workspace } from './test-gateway.js';

const recommend = '/v1/recommendations';
const [slow, free] = ['vin_a-key-that-may-ask-rarely', 'vin_a-key-that-may-ask-as-often-as-it-likes'];
const sha256 = (text: string) => createHash('sha256').update(text).digest('hex');
const keys = {
  keys: [
    { id: 'slow', sha256: sha256(slow), scopes: ['recommend'], perSecond: 0.01 },
    { id: 'free', sha256: sha256(free), scopes: ['recommend'], perSecond: 1_000_000 },
  ],
};

describe('a gateway with limits', () => {
  const registry = new SmallRegistry();
  const models = new SmallModelServer({ basket: basketModel });
  let space: Awaited<ReturnType<typeof workspace>>;
  let environment: NodeJS.ProcessEnv;
  let shop: TestGateway | undefined;

  beforeAll(async () => {
    space = await workspace();
    const wanted = wantedShop(registry);
    registry.want({ ...wanted, documents: [...wanted.documents, document('shop-keys', 'web', keys)] });
    environment = space.environment(await registry.listen(), await models.listen());
  }, 60_000);
  afterAll(async () => {
    await registry.close();
    models.close();
    await space.remove();
  }, 60_000);

  const started = async (limits: NodeJS.ProcessEnv): Promise<TestGateway> => {
    shop = await TestGateway.start({ ...environment, ...limits });
    await shop.ready();
    return shop;
  };

  it('tells a caller who asks too often when to ask again, and goes on telling how it is', async () => {
    const gateway = await started({ RATE_LIMIT_PER_SECOND: '0.01' });
    expect((await gateway.post(recommend, { basket: ['milk'] })).status).toBe(200);
    const { status, body, headers } = await gateway.post(recommend, { basket: ['milk'] });
    expect({ status, code: body.code }).toEqual({ status: 429, code: 'RATE_LIMITED' });
    expect(Number(headers.get('retry-after'))).toBeGreaterThan(1);
    expect((await gateway.get('/metrics')).status).toBe(200);
    await gateway.close();
  }, 60_000);

  it('holds each key to its own limit, whatever that of the others is', async () => {
    const gateway = await started({ RATE_LIMIT_PER_SECOND: '0.01', SHOP_KEYS: 'web' });
    const ask = async (key: string) => {
      const { status } = await gateway.post(recommend, { basket: ['milk'] }, { authorization: `Bearer ${key}` });
      return status;
    };
    expect([
      await ask(slow),
      await ask(slow),
      await ask(free),
      await ask(free),
      await ask(free),
      await ask(slow),
    ]).toEqual([200, 429, 200, 200, 200, 429]);
    await gateway.close();
  }, 60_000);

  it('turns away what is too much at once, and answers what it took', async () => {
    const gateway = await started({ REQUESTS_UNDER_WAY_MAX: '1' });
    models.delayMs = 300;
    const asked = models.asked;
    const first = gateway.post(recommend, { basket: ['milk'] });
    await eventually(() => models.asked > asked, 'the model is asked');
    const { status, body, headers } = await gateway.post(recommend, { basket: ['milk'] });
    expect({ status, code: body.code, after: headers.get('retry-after') }).toEqual({
      status: 503,
      code: 'OVERLOADED',
      after: '1',
    });
    expect((await first).status).toBe(200);
    await gateway.close();
  }, 60_000);
});
