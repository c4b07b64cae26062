import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { basketModel, document, recommendations, wantedShop } from './shop.js';
import { SmallModelServer } from './small-model-server.js';
import { SmallRegistry } from './small-registry.js';
import { eventually, TestGateway, workspace } from './test-gateway.js';

describe('several model servers', () => {
  const registry = new SmallRegistry();
  const [one, other] = [new SmallModelServer({ basket: basketModel }), new SmallModelServer({ basket: basketModel })];
  let space: Awaited<ReturnType<typeof workspace>>;
  let shop: TestGateway;
  let ports: [number, number];

  beforeAll(async () => {
    space = await workspace();
    const { models, documents } = wantedShop(registry);
    const others = documents.filter(({ name }) => name !== 'recommendations');
    const unhurried = document('use-case', 'recommendations', { ...recommendations, budgetMs: 30_000 });
    registry.want({ models, documents: [...others, unhurried] });
    ports = [await one.listen(), await other.listen()];
    shop = await TestGateway.start({
      ...space.environment(await registry.listen(), ports[0]),
      MODEL_SERVER_ADDRESS: ports.map((port) => `127.0.0.1:${port}`).join(','),
    });
    await shop.ready();
  }, 60_000);
  afterAll(async () => {
    await shop.close();
    await registry.close();
    one.close();
    other.close();
    await space.remove();
  }, 60_000);

  const askedBoth = async () => {
    const before = [one.asked, other.asked] as const;
    await shop.post('/v1/recommendations', { basket: ['milk'] });
    await shop.post('/v1/recommendations', { basket: ['milk'] });
    return one.asked > before[0] && other.asked > before[1];
  };

  it.each([
    { how: 'killed', end: async () => one.close() },
    { how: 'drained', end: () => one.drain() },
  ])(
    'answer every request by a model while one is $how under load, and share the work again after',
    async ({ end }) => {
      await eventually(askedBoth, 'both are asked in turn');
      const fallbacks: (string | null)[] = [];
      let asking = true;
      const customers = Array.from({ length: 8 }, async () => {
        while (asking) {
          const { status, body } = await shop.post('/v1/recommendations', { basket: ['milk'] });
          fallbacks.push(status === 200 ? body.servedBy.fallback : `${status}`);
        }
      });
      const more = (count: number) => eventually(() => fallbacks.length > count, `${count} requests are answered`);
      await more(50);
      await end();
      await more(fallbacks.length + 100);
      await one.listen(ports[0]);
      await more(fallbacks.length + 50);
      asking = false;
      await Promise.all(customers);
      expect(fallbacks.filter((fallback) => fallback !== null)).toEqual([]);
      await eventually(askedBoth, 'both are asked in turn again');
    },
    60_000,
  );
});
