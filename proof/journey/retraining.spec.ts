import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { readBaskets, trainBasket } from '@vinaigrette/basket';
import { describeWith } from '../../tools/real-part.mjs';
import { createDatabase } from './database.js';
import { furnish } from './furnish.js';
import { eventually, House } from './house.js';
import { questionsOf, replay, type ReplayedBasket } from './online-retail/replay.js';
import { drift, recommend } from './shop.js';

const FILE = 'online-retail/online_retail_2010-12_2011-08.csv.gz';
const DAY_MS = 86_400_000;
const sales = { format: 'online-retail', policy: 'strict' } as const;
const trainedOn = { from: '2010-12-01', to: '2011-01-01' };
const replayed = { from: '2011-01-01', to: '2011-03-01' };
const asked = { from: '2011-03-01', to: '2011-03-15' };
/** Every second purchase of the shop, and none of its wholesalers': the time of a test is short. */
const EVERY = 2;
const GOODS_MAX = 60;
const unhurried = { kind: 'recommendation', model: 'basket', ruleSet: 'shop', budgetMs: 60_000, feedbackLoop: true };

interface State {
  models: { basket?: { trained: number; failures: number; last?: string } };
}

describeWith('real data', 'DATA_DIR', 'a model that is trained again', () => {
  describeWith('PostgreSQL', 'DATABASE_URL', 'on what its customers bought, without a hand in between', () => {
    const cleanUp: (() => unknown)[] = [];
    let house: House;
    let months: ReplayedBasket[];
    let march: ReplayedBasket[];

    const questions = async (input: string, range: typeof replayed) => {
      const { baskets } = await readBaskets({ input, ...sales, ...range });
      return questionsOf(baskets.filter(({ skus }, n) => n % EVERY === 0 && skus.length <= GOODS_MAX));
    };
    const put = async (kind: string, name: string, body: object) => {
      const file = join(house.dir, `${kind}.json`);
      await writeFile(file, JSON.stringify(body));
      await house.vinaigrette('documents', 'put', kind, name, file, '--alias', 'champion', '--reason', 'first');
    };
    const state = async () =>
      JSON.parse(await readFile(join(house.dir, 'state/retraining/state.json'), 'utf8')) as State;

    beforeAll(async () => {
      const input = join(process.env.DATA_DIR as string, FILE);
      const database = await createDatabase(process.env.DATABASE_URL as string);
      cleanUp.push(database.drop);
      house = await House.open({ databaseUrl: database.url });
      cleanUp.push(() => house.close());
      const outDir = join(house.dir, 'december');
      await trainBasket({ input, ...sales, ...trainedOn, minSupport: 0.02, minConfidence: 0.3, outDir });
      await furnish(house, outDir, { 'use-case': unhurried });
      [months, march] = [await questions(input, replayed), await questions(input, asked)];
      const better = { metric: 'hitRateAt5', validationSet: 'later-slice' };
      await put('promotion-policy', 'basket', { metrics: [better], limits: [{ ...better, atLeast: 0.03 }] });
      await put('retraining', 'basket', {
        model: 'basket',
        retrainEveryMs: 50 * DAY_MS,
        labelledMin: months.length,
        cooldownMs: 0,
        window: { lengthMs: 70 * DAY_MS, evaluationMs: 7 * DAY_MS },
        parameters: { minSupport: 0.015 },
        rollout: { stepsBps: [5_000, 10_000], stepMs: 200, samplesMin: 5 },
      });
    }, 300_000);
    afterAll(async () => {
      for (const clean of cleanUp.reverse()) await clean();
    }, 120_000);

    it('collects, trains, evaluates, deploys and is monitored, although what trains is killed in the middle', async () => {
      const watch = () => house.launch('retrain', '--watch', '--poll', '300ms');
      const first = watch();
      await eventually(
        'watching',
        async () => first.output(),
        (text) => text.includes('"watching"'),
      );
      await replay(house, months, () => undefined);
      await eventually(
        'training',
        async () => first.output(),
        (text) => text.includes('"training"'),
      );
      await house.end(first, 'SIGKILL');
      const second = watch();
      const trained = await eventually('trained', state, ({ models }) => models.basket?.trained === 1, 180_000);
      expect(trained.models.basket?.last).toMatch(/^version 2: on trial, beside version 1/);
      const line =
        second
          .output()
          .split('\n')
          .find((text) => text.includes('"trained"')) ?? '{}';
      const { judged } = JSON.parse(line) as { judged: Record<string, { hitRateAt5: number }> };
      console.info(
        `hit rate@5 on the last week: ${judged[1]?.hitRateAt5.toFixed(4)} of December's version, ${judged[2]?.hitRateAt5.toFixed(4)} of the candidate`,
      );
      expect(judged[2]?.hitRateAt5).toBeGreaterThan(judged[1]?.hitRateAt5 ?? 1);

      let next = 0;
      const ask = () => {
        const { given } = march[next++ % march.length] as ReplayedBasket;
        return recommend(house, { basket: given });
      };
      const inForce = await eventually(
        'in force',
        ask,
        ({ servedBy }) => servedBy.version === 2 && servedBy.variant === 'champion' && servedBy.fallback === null,
        180_000,
      );
      expect(inForce.servedBy.model).toBe('basket');
      expect(await house.vinaigrette('rollouts', 'list', '--all')).toMatch(/canary completed at 100 %/);
      expect(await house.vinaigrette('models', 'list')).toMatch(/basket +2 +champion .* yes +trained again: /);

      const before = Number((await drift(house, march2)).predictions ?? 0);
      await replay(house, march.slice(0, 40), () => undefined);
      const seen = await eventually(
        'monitored',
        () => drift(house, march2),
        (now) => Number(now.predictions ?? 0) >= before + 40,
      );
      expect(seen.features?.find(({ name }) => name === 'knownShare')?.count).toBe(seen.predictions);

      // Two weeks are not yet what the policy asks for: nothing is trained on what is hardly new.
      expect((await state()).models.basket).toMatchObject({ trained: 1, failures: 0 });
      await house.end(second, 'SIGTERM');
    }, 420_000);

    it('is trained by hand too, does not pass a gate that is too high for it, and is not trained on nothing new', async () => {
      const perfect = { metric: 'hitRateAt5', validationSet: 'later-slice', atLeast: 0.99 };
      await put('promotion-policy', 'basket', { limits: [perfect] });
      const told = await house.vinaigrette('retrain', 'basket', '--reason', 'the summer range is in the shops');
      expect(told).toMatch(/version 3: refused, .*GATE_NOT_PASSED/);
      const again = await house.vinaigrette('retrain', 'basket', '--reason', 'once more');
      expect(again).toContain('not trained: there is no label that the last training has not seen');
    }, 240_000);
  });
});

/** What the monitor saw of version 2 in the days of March. */
const march2 = { model: 'basket', version: 2, from: Date.parse(asked.from), to: Date.parse(asked.to) };
