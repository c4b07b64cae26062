import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { PredictionStatus } from '@vinaigrette/contracts/events';
import { loggedSchema, unpackRow } from '@vinaigrette/signature';
import { basketModel, basketSignature, document, quote, quoteModel, recommendations, wantedShop } from './shop.js';
import { SmallModelServer } from './small-model-server.js';
import { SmallRegistry } from './small-registry.js';
import { eventually, readLog, TestGateway, workspace } from './test-gateway.js';

const recommend = '/v1/recommendations';
const basket = { basket: ['milk'] };
const inputs = { age: 40, smoker: 'no' };

describe('on a bad day', () => {
  let registry: SmallRegistry;
  let models: SmallModelServer;
  let modelServerPort: number;
  let registryPort: number;
  let space: Awaited<ReturnType<typeof workspace>>;
  let gateway: TestGateway | undefined;

  beforeEach(async () => {
    registry = new SmallRegistry();
    models = new SmallModelServer({ basket: basketModel, insurance: quoteModel });
    [space, registryPort, modelServerPort] = [await workspace(), await registry.listen(), await models.listen()];
    registry.want(wantedShop(registry));
  });

  afterEach(async () => {
    await gateway?.close();
    gateway = undefined;
    await registry.close();
    models.close();
    await space.remove();
  }, 60_000);

  const start = async (): Promise<TestGateway> => {
    gateway = await TestGateway.start(space.environment(registryPort, modelServerPort));
    return gateway;
  };
  const started = async (): Promise<TestGateway> => {
    const it = await start();
    await it.ready();
    return it;
  };

  it('answers with best sellers when the model overruns its budget', async () => {
    const wanted = wantedShop(registry);
    registry.want({
      ...wanted,
      documents: [
        ...wanted.documents.slice(1),
        document('use-case', 'recommendations', { ...recommendations, budgetMs: 30 }),
        document('use-case', 'quick-quote', { ...quote, budgetMs: 30 }),
      ],
    });
    const shop = await started();
    models.delayMs = 2_000;
    const { status, body } = await shop.post(recommend, basket);
    expect({ status, fallback: body.servedBy.fallback, version: body.servedBy.version }).toEqual({
      status: 200,
      fallback: 'best-sellers',
      version: 1,
    });
    expect(body.items.map((item: { sku: string }) => item.sku)).toEqual(['tea', 'eggs']);
    expect(body.items[0].reasons).toEqual([{ kind: 'best-seller', because: [], baskets: 300 }]);

    const late = await shop.post('/v1/predictions/quick-quote', { inputs });
    expect({ status: late.status, code: late.body.code }).toEqual({ status: 504, code: 'PREDICTION_TIMEOUT' });

    const { predictions } = await readLog(space.eventLogDir);
    expect(predictions.map(({ status }) => status)).toEqual([PredictionStatus.FALLBACK, PredictionStatus.TIMEOUT]);
    expect(predictions[0]).toMatchObject({ fallback: 'best-sellers', version: 1, shown: ['tea', 'eggs'] });
    expect(unpackRow(loggedSchema(basketSignature), predictions[0]!)).toEqual({
      items: ['milk'],
      skus: [],
      confidence: [],
    });
    expect((await shop.get('/metrics')).body).toMatch(/fallbacks_total\{[^}]*reason="timeout",rung="best-sellers"\} 1/);
  }, 60_000);

  it('goes on without the model server, stops asking it, and finds it again', async () => {
    const shop = await started();
    expect((await shop.post(recommend, basket)).body.servedBy.fallback).toBeNull();
    models.close();
    for (let request = 0; request < 10; request++) {
      expect((await shop.post(recommend, basket)).body.servedBy.fallback).toBe('best-sellers');
    }
    expect((await shop.get('/metrics')).body).toMatch(
      /fallbacks_total\{[^}]*reason="circuit-open",rung="best-sellers"\} \d/,
    );
    const declared = await shop.post('/v1/predictions/sure-quote', { inputs });
    // What the use case declares passes the rules too: -500 is clamped.
    expect(declared.body.outputs).toEqual({ charges: 0, class: 'unknown' });
    expect(declared.body.servedBy.fallback).toBe('declared-outputs');
    const refused = await shop.post('/v1/predictions/quote', { inputs });
    expect({ status: refused.status, code: refused.body.code }).toEqual({ status: 503, code: 'UPSTREAM_UNAVAILABLE' });

    await models.listen(modelServerPort);
    await eventually(
      async () => (await shop.post(recommend, basket)).body.servedBy.fallback === null,
      'the model answers again',
    );
  }, 60_000);

  it('keeps the last good document when a bad one is wanted, and says so', async () => {
    const shop = await started();
    const wanted = wantedShop(registry);
    const others = wanted.documents.filter(({ name }) => name !== 'shop');
    const rules = (body: unknown, version: number) => document('rule-set', 'shop', body, version);
    registry.want({ ...wanted, documents: [...others, rules({ rules: [{ id: 'x', action: 'explode' }] }, 2)] });
    await eventually(async () => (await shop.get('/readyz')).body.faults.length > 0, 'the fault is told');
    const { status, body } = await shop.get('/readyz');
    expect(status).toBe(200);
    expect(body.faults).toEqual([{ subject: 'rule-set shop 2', why: expect.stringContaining('rules[0].action') }]);
    expect((await shop.get('/metrics')).body).toContain('vinaigrette_gateway_configuration_faults 1');
    const kept = await shop.post(recommend, basket);
    expect(kept.body.servedBy.ruleSet).toEqual({ name: 'shop', version: 1 });
    expect(kept.body.items).toHaveLength(2);

    // Also over a restart, with the registry still wanting the bad one.
    await shop.close();
    const again = await started();
    expect((await again.post(recommend, basket)).body.servedBy.ruleSet).toEqual({ name: 'shop', version: 1 });

    registry.want({ ...wanted, documents: [...others, rules({ rules: [] }, 3)] });
    await eventually(
      async () => (await again.post(recommend, basket)).body.servedBy.ruleSet.version === 3,
      'the good document is in force',
    );
    expect((await again.post(recommend, basket)).body.items).toHaveLength(3);
    expect((await again.get('/readyz')).body.faults).toEqual([]);
  }, 60_000);

  it('starts from its last good copies when the registry is away, best sellers too', async () => {
    await (await started()).close();
    await registry.close();
    const shop = await start();
    const { status, body } = await shop.get('/readyz');
    expect({ status, connected: body.registryConnected }).toEqual({ status: 200, connected: false });
    expect((await shop.post(recommend, basket)).body.servedBy.fallback).toBeNull();
    expect((await shop.post(recommend, { basket: [] })).body.items).toHaveLength(3);

    registry.want({ ...wantedShop(registry), documents: [] });
    await registry.listen(registryPort);
    await eventually(async () => (await shop.get('/readyz')).status === 503, 'the registry is followed again');
  }, 60_000);

  it('ignores a registry that has gone back in time, and says so', async () => {
    registry.want(wantedShop(registry)); // the second revision
    const shop = await started();
    await registry.close();
    registry = new SmallRegistry();
    registry.want({ models: [], documents: [] });
    await registry.listen(registryPort);
    await eventually(async () => (await shop.get('/readyz')).body.faults.length > 0, 'the fault is told');
    const { body } = await shop.get('/readyz');
    expect(body.faults).toEqual([{ subject: 'registry', why: expect.stringContaining('revision 1 is older than 2') }]);
    expect((await shop.post(recommend, basket)).status).toBe(200);
  }, 60_000);

  it('answers 503 when no rung is left, and an empty list when the model has nothing to say', async () => {
    const wanted = wantedShop(registry);
    const others = wanted.documents.filter(({ name }) => name !== 'recommendations');
    const bare = document('use-case', 'recommendations', { ...recommendations, fallback: [] });
    registry.want({ ...wanted, documents: [...others, bare] });
    const shop = await started();
    const { body: nothing } = await shop.post(recommend, { basket: ['unheard of'] });
    expect({ items: nothing.items, fallback: nothing.servedBy.fallback }).toEqual({ items: [], fallback: null });
    models.close();
    const { status, body } = await shop.post(recommend, basket);
    expect({ status, code: body.code }).toEqual({ status: 503, code: 'UPSTREAM_UNAVAILABLE' });
    const { predictions } = await readLog(space.eventLogDir);
    expect(predictions.map((it) => it.status)).toEqual([PredictionStatus.ANSWERED, PredictionStatus.ERROR]);
  }, 60_000);

  it('says what is missing when it never heard of a registry', async () => {
    await registry.close();
    const shop = await start();
    expect((await shop.get('/healthz')).status).toBe(200);
    const ready = await shop.get('/readyz');
    expect({ status: ready.status, missing: ready.body.missing }).toEqual({
      status: 503,
      missing: [expect.stringContaining('no registry was heard')],
    });
    const { status, body } = await shop.post(recommend, basket);
    expect({ status, code: body.code }).toEqual({ status: 503, code: 'CONFIGURATION_MISSING' });
  }, 60_000);

  it('does not follow a use case whose model the registry does not name, and answers the others', async () => {
    const wanted = wantedShop(registry);
    registry.want({
      ...wanted,
      documents: [...wanted.documents, document('use-case', 'fraud', { kind: 'prediction', model: 'fraud' })],
    });
    const shop = await started();
    const { body } = await shop.get('/readyz');
    expect(body.faults).toEqual([{ subject: 'use-case fraud 1', why: expect.stringContaining('model fraud') }]);
    const { status, body: problem } = await shop.post('/v1/predictions/fraud', { inputs: {} });
    expect({ status, code: problem.code }).toEqual({ status: 503, code: 'CONFIGURATION_MISSING' });
    expect((await shop.post('/v1/predictions/quote', { inputs })).status).toBe(200);
  }, 60_000);

  it('follows the rest when a file comes with other bytes than its SHA-256 says', async () => {
    const promised = wantedShop(registry).models[0]?.versions[0]?.files[0]?.sha256;
    registry.keep(Buffer.from('other bytes than were promised'), promised);
    const shop = await started();
    const { body } = await shop.get('/readyz');
    expect(body.faults).toEqual([
      { subject: expect.stringContaining('best sellers'), why: expect.stringContaining('other bytes') },
    ]);
    expect((await shop.post(recommend, basket)).body.items).toHaveLength(2);
    wantedShop(registry); // the registry is mended: the gateway asks again by itself
    await eventually(async () => (await shop.get('/readyz')).body.faults.length === 0, 'the file is fetched');
    expect((await shop.post(recommend, { basket: [] })).body.servedBy.fallback).toBe('best-sellers');
  }, 60_000);

  it('finishes what is under way before it stops', async () => {
    const shop = await started();
    models.delayMs = 500;
    const asked = models.asked;
    const answer = shop.post(recommend, basket);
    await eventually(() => models.asked > asked, 'the model is asked');
    await shop.close();
    gateway = undefined;
    const { status, body } = await answer;
    expect({ status, fallback: body.servedBy.fallback }).toEqual({ status: 200, fallback: null });
    await expect(shop.post(recommend, basket)).rejects.toThrow();
  }, 60_000);
});
