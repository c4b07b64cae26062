import { create } from '@bufbuild/protobuf';
import { PredictionStatus } from '@vinaigrette/contracts/events';
import { WantedModelSchema } from '@vinaigrette/contracts/registry';
import { tensorOf, type Tensor } from '@vinaigrette/signature';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { basketModel, basketSignature, bestSellers, document, recommendations } from './shop.js';
import { SmallModelServer, type Answered } from './small-model-server.js';
import { SmallRegistry } from './small-registry.js';
import { readLog, TestGateway, workspace } from './test-gateway.js';

const recommend = '/v1/recommendations';
const budgetMs = 3_000;
const previousMs = 500;
const useCase = {
  ...{ ...recommendations, ruleSet: undefined, budgetMs },
  fallback: ['previous', 'cached', 'best-sellers'],
  rungBudgetsMs: { previous: previousMs },
};

/** What a version does when it is asked: by what it is asked as, an alias or a number. */
let does: Record<string, 'answer' | 'fail' | 'hang'>;

/** Version 1, which was champion before, sells cream. */
const twoVersions = (inputs: Record<string, Tensor>, version: string): Answered | Promise<Answered> => {
  if (does[version] === 'fail') throw new Error('out of order');
  if (does[version] === 'hang') return new Promise(() => undefined);
  const answer = basketModel(inputs, version);
  if (version === 'champion') return { ...answer, version: 2 };
  const rows = answer.outputs['skus']!.shape[0]!;
  const skus = Array.from({ length: rows }, () => ['cream', '', '']).flat();
  return { version: 1, outputs: { ...answer.outputs, skus: tensorOf('BYTES', [rows, 3], skus) } };
};

describe('the ladder, with a champion and the version before', () => {
  const registry = new SmallRegistry();
  const models = new SmallModelServer({ basket: twoVersions });
  let space: Awaited<ReturnType<typeof workspace>>;
  let shop: TestGateway;

  beforeAll(async () => {
    space = await workspace();
    const sha256 = registry.keep(Buffer.from(JSON.stringify(bestSellers)));
    const signatureJson = JSON.stringify(basketSignature);
    const files = [{ path: 'best-sellers.json', sha256 }];
    registry.want({
      models: [
        create(WantedModelSchema, {
          name: 'basket',
          aliases: { champion: 2 },
          previous: { champion: 1 },
          versions: [1, 2].map((version) => ({ model: 'basket', version, files, signatureJson })),
        }),
      ],
      documents: [document('use-case', 'recommendations', useCase)],
    });
    shop = await TestGateway.start(space.environment(await registry.listen(), await models.listen()));
    await shop.ready();
  }, 60_000);
  afterAll(async () => {
    await shop.close();
    await registry.close();
    models.close();
    await space.remove();
  }, 60_000);
  beforeEach(() => {
    does = {};
    models.patience.length = 0;
  });

  const ask = async (...basket: string[]) => {
    const { status, body } = await shop.post(recommend, { basket });
    const { fallback, version } = body.servedBy;
    return { status, fallback, version, first: body.items[0].sku };
  };

  it('answers by the champion, and tells the model server how long it would wait', async () => {
    expect(await ask('milk')).toEqual({ status: 200, fallback: null, version: 2, first: 'sugar' });
    expect(models.patience).toEqual([{ version: 'champion', ms: expect.any(Number) }]);
    expect(models.patience[0]!.ms).toBeLessThanOrEqual(0.6 * budgetMs + 50);
  });

  it('asks the version before when the champion fails', async () => {
    does = { champion: 'fail' };
    expect(await ask('milk', 'tea')).toEqual({ status: 200, fallback: 'previous', version: 1, first: 'cream' });
  });

  it('leaves it the time of its rung when the champion hangs', async () => {
    does = { champion: 'hang' };
    expect(await ask('milk', 'eggs')).toEqual({ status: 200, fallback: 'previous', version: 1, first: 'cream' });
    expect(models.patience.map(({ version }) => version)).toEqual(['champion', '1']);
    expect(models.patience[1]!.ms).toBeLessThanOrEqual(previousMs + 50);
  }, 30_000);

  it('repeats what was answered to the same basket when neither answers, and else shows best sellers', async () => {
    expect(await ask('milk', 'rice')).toMatchObject({ fallback: null });
    does = { champion: 'fail', 1: 'fail' };
    expect(await ask('milk', 'rice')).toEqual({ status: 200, fallback: 'cached', version: 2, first: 'sugar' });
    expect(await ask('milk', 'salt')).toMatchObject({ status: 200, fallback: 'best-sellers' });
  });

  it('logs one record each, with the rung that answered and the version that was asked', async () => {
    const { predictions } = await readLog(space.eventLogDir);
    const { ANSWERED, FALLBACK } = PredictionStatus;
    expect(predictions.map(({ status, fallback, version }) => ({ status, fallback, version }))).toEqual([
      { status: ANSWERED, fallback: '', version: 2 },
      { status: FALLBACK, fallback: 'previous', version: 2 },
      { status: FALLBACK, fallback: 'previous', version: 2 },
      { status: ANSWERED, fallback: '', version: 2 },
      { status: FALLBACK, fallback: 'cached', version: 2 },
      { status: FALLBACK, fallback: 'best-sellers', version: 2 },
    ]);
  }, 30_000);
});
