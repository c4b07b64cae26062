import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { OnlineBasket } from '@vinaigrette/basket';
import { PredictionStatus } from '@vinaigrette/contracts/events';
import { openEventLogWriter, type EventLogWriter } from '@vinaigrette/event-log';
import { describeWith } from '../../tools/real-part.mjs';
import { createDatabase } from './database.js';
import { demoVersion } from './demo-version.js';
import { furnish } from './furnish.js';
import { eventually, House } from './house.js';
import { countsIn, purchase, PurchaseLog } from './learning/purchases.js';
import { recommend } from './shop.js';

const MINUTE_MS = 60_000;
const PURCHASES = 6_000;
const KILLS = 4;
const settings = { halfLifeMs: 86_400_000, minBaskets: 50, pairsMax: 100_000 };
const words = ['learn', 'basket', '--half-life', '1d', '--set', 'minBaskets=50', '--set', 'pairsMax=100000'];
const kept = ['--keep-time', '50ms', '--wait-time', '10d'];

interface State {
  learning: {
    places: Record<string, { next: string }>;
    counts: Record<string, number>;
    join: { counts: object };
    model: unknown;
  };
}

describeWith('PostgreSQL', 'DATABASE_URL', 'a model that learns while it serves', () => {
  let house: House;
  let log: EventLogWriter;
  let purchases: PurchaseLog;
  const cleanUp: (() => unknown)[] = [];
  const startMs = Date.now() - PURCHASES * MINUTE_MS;
  /** Milk goes with pretzels, which the trained version does not know; and with many other things. */
  const made = Array.from({ length: PURCHASES }, (_, n) => {
    const given = ['milk', ...(n % 3 === 0 ? [`good-${n % 97}`, `good-${n % 89}`] : [])];
    return purchase(n, startMs + n * MINUTE_MS, given, [n % 5 === 0 ? `good-${n % 83}` : 'pretzels']);
  });

  beforeAll(async () => {
    const [database, version] = await Promise.all([createDatabase(process.env.DATABASE_URL as string), demoVersion()]);
    cleanUp.push(database.drop, version.remove);
    house = await House.open({ databaseUrl: database.url });
    cleanUp.push(() => house.close());
    await furnish(house, version.dir);
    log = openEventLogWriter({ dir: house.eventLogDir, gatewayId: 'gateway-9' });
    cleanUp.push(() => log.close());
    purchases = new PurchaseLog(log, version.dir);
  }, 240_000);
  afterAll(async () => {
    for (const clean of cleanUp.reverse()) await clean();
  }, 120_000);

  const state = async () =>
    JSON.parse(await readFile(join(house.dir, 'state/learn/basket/state.json'), 'utf8')) as State;
  const placeOf = ({ learning }: State) => BigInt(learning.places['outcomes/gateway-9']?.next ?? 0);

  it('counts every purchase once, killed again and again: bit for bit what counting them at once gives', async () => {
    const never = ['--publish-events', '999999999', '--publish-time', '999d'];
    let learner = house.launch(...words, ...kept, ...never);
    const poison = Buffer.from('no protobuf at all, and never will be');
    let [last, killed] = [0n, 0];
    for (const [n, one] of made.entries()) {
      purchases.predict(one);
      if (n % 50 === 0) purchases.predict(one, PredictionStatus.SHADOW);
      last = purchases.becameOf(one);
      if (n % 1_000 === 0) {
        last = purchases.becameOf(one);
        purchases.append('predictions', poison);
        last = purchases.append('outcomes', poison);
        last = purchases.becameOf({ ...one, predictionId: `nobody-${n}`, atMs: one.atMs - 11 * 1_440 * MINUTE_MS });
        last = purchases.becameOf({ ...one, predictionId: `later-${n}`, atMs: Date.now() + 60 * MINUTE_MS });
      }
      if (n % 1_200 !== 1_199 || killed === KILLS) continue;
      const before = await state()
        .then(placeOf)
        .catch(() => 0n);
      await eventually(
        'further',
        () => state().then(placeOf),
        (place) => place > before,
      );
      await sleep(Math.random() * 40); // in the middle of whatever it does
      await house.end(learner, 'SIGKILL');
      killed++;
      learner = house.launch(...words, ...kept, ...never);
    }
    expect(killed).toBe(KILLS);
    const { learning } = await eventually('learnt', state, (reached) => placeOf(reached) > last);
    await house.end(learner, 'SIGTERM');

    const atOnce = new OnlineBasket(settings);
    for (const one of made) atOnce.learn(one);
    expect(countsIn(learning.model)).toEqual(countsIn(atOnce.save()));
    const told = { ...learning.counts, ...learning.join.counts };
    expect(told).toMatchObject({
      predictions: 6_000,
      joined: 5_994,
      'unusable-label': 6, // the good was in the basket already
      unreadable: 12,
      future: 6,
      repeated: 6,
      unknownPrediction: 6,
    });
  }, 240_000);

  it('publishes what it learnt: registered, judged on what it never learnt, tried, and then it answers', async () => {
    const often = ['--publish-events', '20', '--publish-time', '1s', '--metrics-port', '0'];
    const learner = house.launch(
      ...words,
      ...kept,
      ...often,
      '--steps',
      '50,100',
      '--step-time',
      '200ms',
      '--samples',
      '5',
    );
    try {
      const one = purchase(PURCHASES, Date.now(), ['milk'], ['pretzels']);
      purchases.predict(one);
      purchases.becameOf(one);
      let asked = 0;
      const answer = await eventually(
        'answered by what was learnt',
        () => recommend(house, { basket: ['milk'], customer: { id: `c-${asked++}` } }),
        ({ servedBy }) => servedBy.version !== 1 && servedBy.variant === 'champion' && servedBy.fallback === null,
        120_000,
      );
      expect(answer.items[0]).toMatchObject({ sku: 'pretzels', reasons: [{ because: ['milk'] }] });
      expect(await house.vinaigrette('rollouts', 'list', '--all')).toMatch(/canary completed at 100 %/);
      expect(await house.vinaigrette('models', 'list')).toMatch(/basket +2 .* yes +learnt from/);
      const { http } = JSON.parse(learner.output().match(/\{.*"listening".*\}/)?.[0] ?? '{}') as { http: number };
      const metrics = await (await fetch(`http://127.0.0.1:${http}/metrics`)).text();
      expect(metrics).toMatch(/vinaigrette_learner\{what="joined"\} 5995/);
    } finally {
      await house.end(learner, 'SIGTERM');
    }
  }, 240_000);
});
