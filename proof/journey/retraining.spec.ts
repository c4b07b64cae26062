import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { readBaskets, trainBasket } from '@vinaigrette/basket';
import { describeWith } from '../../tools/real-part.mjs';
import { createDatabase } from './database.js';
import { furnish, putDocument } from './furnish.js';
import { eventually, House } from './house.js';
import { questionsOf, replay, type ReplayedBasket } from './online-retail/replay.js';
import { call, drift, recommend } from './shop.js';

const FILE = 'online-retail/online_retail_2010-12_2011-08.csv.gz';
const DAY_MS = 86_400_000;
const sales = { format: 'online-retail', policy: 'strict' } as const;
const trainedOn = { from: '2010-12-01', to: '2011-01-01' };
const replayed = { from: '2011-01-01', to: '2011-03-01' };
const asked = { from: '2011-03-01', to: '2011-03-15' };
/** Every second purchase of the shop, and none of its wholesalers': the time of a test is short. */
const EVERY = 2;
const GOODS_MAX = 60;
const unhurried = {
  ...{ kind: 'recommendation', model: 'basket', ruleSet: 'shop', budgetMs: 60_000, feedbackLoop: true },
  holdout: { shareBps: 1_000, salt: 'nothing is shown to them' },
};
const rollout = { stepsBps: [5_000, 10_000], stepMs: 200, samplesMin: 5 };

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
      await putDocument(house, 'promotion-policy', 'basket', {
        metrics: [better],
        limits: [{ ...better, atLeast: 0.03 }],
      });
      await putDocument(house, 'retraining', 'basket', {
        model: 'basket',
        retrainEveryMs: 50 * DAY_MS,
        labelledMin: months.length,
        cooldownMs: 0,
        window: { lengthMs: 70 * DAY_MS, evaluationMs: 7 * DAY_MS },
        parameters: { minSupport: 0.015 },
        rollout,
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
      await putDocument(house, 'promotion-policy', 'basket', { limits: [perfect] });
      const told = await house.vinaigrette('retrain', 'basket', '--reason', 'the summer range is in the shops');
      expect(told).toMatch(/version 3: refused, .*GATE_NOT_PASSED/);
      const again = await house.vinaigrette('retrain', 'basket', '--reason', 'once more');
      expect(again).toContain('not trained: there is no label that the last training has not seen');
    }, 240_000);

    it('is trained because the monitor pages, on what those bought to whom no model shows anything', async () => {
      const [lengthMs, evaluationMs] = [20 * DAY_MS, 5 * DAY_MS];
      const hits = { measure: 'hitRateAt5', floor: 0.9, labelledMin: 30, windowMs: lengthMs, windows: 1 };
      const gate = { metric: 'hitRateAt5', validationSet: 'later-slice', atLeast: 0 };
      await Promise.all([
        putDocument(house, 'promotion-policy', 'basket', { limits: [gate] }),
        putDocument(house, 'performance', 'basket', {
          model: 'basket',
          task: { kind: 'ranking' },
          guard: { ...hits, action: 'page' },
        }),
        putDocument(house, 'retraining', 'basket', {
          ...{ model: 'basket', pages: ['PerformanceDrop'], labelledMin: 50, cooldownMs: 0 },
          ...{ window: { lengthMs, evaluationMs }, parameters: { minSupport: 0.025 }, rollout },
        }),
      ]);
      /** The first of them whom the gateway treats so. */
      const customer = async (variant: string) => {
        for (let n = 0; n < 1_000; n++) {
          const url = `${house.gatewayUrl}/v1/route?useCase=recommendations&unit=c-${n}`;
          if ((await call<{ variant: string }>(url)).body.variant === variant) return `c-${n}`;
        }
        throw new Error(`Nobody is ${variant}`);
      };
      const [heldOut, other] = [await customer('holdout'), await customer('champion')];
      const untilMs = Date.now() - DAY_MS;
      const lately = march.slice(0, 240).map(({ given, expected }, n, { length }) => ({
        ...{ given, expected, customer: n % 3 === 0 ? other : heldOut },
        soldAtMs: untilMs - (length - 1 - n) * Math.floor((18 * DAY_MS) / length),
      }));
      await replay(house, lately, () => undefined);
      const isLearnt = ({ soldAtMs }: ReplayedBasket) => soldAtMs <= untilMs - evaluationMs;
      const fromHoldout = lately.filter((basket) => basket.customer === heldOut && isLearnt(basket)).length;
      const archived = join(house.dir, 'archived.json');
      const sql = `SELECT count(*) AS n FROM predictions JOIN outcomes USING (prediction_id) WHERE unit IN ('${heldOut}', '${other}')`;
      await eventually(
        'archived',
        async () => {
          await house.vinaigrette('data', 'export', '--sql', sql, '--out', archived);
          return JSON.parse(await readFile(archived, 'utf8')) as { n: number };
        },
        ({ n }) => Number(n) === lately.length,
      );

      const watching = house.launch('retrain', '--watch', '--poll', '300ms');
      await house.kill('drift-monitor', 'SIGTERM'); // one that starts judges at once, and not in five minutes
      await house.start('drift-monitor');
      const { models } = await eventually('trained', state, ({ models: { basket } }) => basket?.trained === 3, 180_000);
      expect(models.basket?.last).toMatch(/^version 4: on trial, beside version 2/);
      expect(watching.output()).toContain('basket 2 does worse than was promised');
      const list = await house.vinaigrette('models', 'list');
      expect(list).toMatch(new RegExp(`basket +4 .* rules from ${fromHoldout} labels of the holdout, until`));
      await eventually(
        'in force',
        () => recommend(house, { basket: march[0]?.given }),
        ({ servedBy }) => servedBy.version === 4 && servedBy.variant === 'champion' && servedBy.fallback === null,
        180_000,
      );
      await house.end(watching, 'SIGTERM');
    }, 420_000);
  });
});

/** What the monitor saw of version 2 in the days of March. */
const march2 = { model: 'basket', version: 2, from: Date.parse(asked.from), to: Date.parse(asked.to) };
