import { randomBytes } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { OnlineBasket } from '@vinaigrette/basket';
import { PredictionStatus } from '@vinaigrette/contracts/events';
import { openEventLogWriter, startKafkaShipper, type EventLogWriter } from '@vinaigrette/event-log';
import { OnlineInsurance, trainInsurance } from '@vinaigrette/insurance';
import { describeWith } from '../../tools/real-part.mjs';
import { createDatabase } from './database.js';
import { demoVersion } from './demo-version.js';
import { furnish, pushModel, putDocument } from './furnish.js';
import { eventually, House } from './house.js';
import { csvOf, insured } from './insured.js';
import { countsIn, purchase, PurchaseLog } from './learning/purchases.js';
import { billOf, quote, quoteAndBill } from './learning/quotes.js';
import { recommend } from './shop.js';

const MINUTE_MS = 60_000;
const PURCHASES = 6_000;
const KILLS = 4;
const settings = { halfLifeMs: 86_400_000, minBaskets: 50, pairsMax: 100_000 };
const words = ['learn', 'basket', '--half-life', '1d', '--set', 'minBaskets=50', '--set', 'pairsMax=100000'];
const kept = ['--keep-time', '50ms', '--wait-time', '10d'];
const never = ['--publish-events', '999999999', '--publish-time', '999d'];
const quiet = { debug() {}, info() {}, warn() {}, error() {} };
const trial = ['--steps', '50,100', '--step-time', '200ms', '--samples', '5'];

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
  const gatewayId = `gateway-${randomBytes(4).toString('hex')}`; // the brokers may be everybody's
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
    house = await House.open({ databaseUrl: database.url, environment: { GATEWAY_ID: gatewayId } });
    cleanUp.push(() => house.close());
    await furnish(house, version.dir);
    log = openEventLogWriter({ dir: house.eventLogDir, gatewayId: 'gateway-9' });
    cleanUp.push(() => log.close());
    purchases = new PurchaseLog(log, version.dir);
  }, 480_000);
  afterAll(async () => {
    for (const clean of cleanUp.reverse()) await clean();
  }, 120_000);

  const stateOf = async (model: string) =>
    JSON.parse(await readFile(join(house.dir, `state/learn/${model}/state.json`), 'utf8')) as State;
  const state = () => stateOf('basket');
  const placeOf = ({ learning }: State) => BigInt(learning.places['outcomes/gateway-9']?.next ?? 0);

  it('counts every purchase once, killed again and again: bit for bit what counting them at once gives', async () => {
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
    const learner = house.launch(...words, ...kept, ...often, ...trial);
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
      expect(await house.vinaigrette('models', 'from', '--parent', 'basket@1')).toMatch(/basket +2 .*learnt from/);
      const lineage = await house.vinaigrette('models', 'lineage', 'basket@2');
      expect(lineage).toMatch(/data +event log [0-9a-f]{64}, \d+ rows/);
      expect(lineage).toMatch(/parameter +minBaskets 50\n/);
      expect(lineage).toMatch(/parameter +log .*"outcomes\/gateway-9":\{"next":"\d+"/);
      expect(lineage).toMatch(/learnt while +basket 1 answered/);
      const { http } = JSON.parse(learner.output().match(/\{.*"listening".*\}/)?.[0] ?? '{}') as { http: number };
      const metrics = await (await fetch(`http://127.0.0.1:${http}/metrics`)).text();
      expect(metrics).toMatch(/vinaigrette_learner\{what="joined"\} 5995/);
    } finally {
      await house.end(learner, 'SIGTERM');
    }
  }, 240_000);

  describeWith('Kafka', 'KAFKA_BROKERS', 'over Kafka', () => {
    const brokers = process.env.KAFKA_BROKERS as string;
    const [labels, halfway] = [300, 100];
    const startMs = Date.now() - labels * MINUTE_MS;
    const [once, now] = [500, 1_000]; // what a child costs

    beforeAll(async () => {
      const [csv, version] = [join(house.dir, 'insured.csv'), join(house.dir, 'insurance')];
      const people = Array.from({ length: 500 }, (_, n) => insured(labels + n));
      await writeFile(csv, csvOf(people.map((person) => ({ ...person, charges: billOf(person, once) }))));
      await trainInsurance({ input: csv, outDir: version });
      await pushModel(house, 'insurance', version);
      const nearer = { metric: 'rmse', validationSet: 'held-out', better: 'lower' };
      await putDocument(house, 'promotion-policy', 'insurance', { metrics: [nearer] });
      await putDocument(house, 'use-case', 'quote', { kind: 'prediction', model: 'insurance', budgetMs: 60_000 });
      await eventually(
        'quoting',
        () => quote(house, insured(0)),
        ({ servedBy }) => servedBy.version === 1,
      );
      const shipping = { dir: house.eventLogDir, gatewayId, brokers: brokers.split(','), logger: quiet };
      const shipper = startKafkaShipper(shipping);
      cleanUp.push(() => shipper.close());
    }, 480_000);

    it('learns what people who were quoted came to cost, killed in between, and quotes the next ones so', async () => {
      const learn = (...more: string[]) =>
        house.launchWith({ KAFKA_BROKERS: brokers }, 'learn', 'insurance', ...kept, ...more);
      const joined = async () => (await stateOf('insurance')).learning.counts['joined'] ?? 0;
      const first = learn(...never);
      const billed = await quoteAndBill(house, [0, halfway], startMs, now);
      await eventually('learning', joined, (some) => some > 0, 120_000);
      await house.end(first, 'SIGKILL');
      const second = learn('--publish-events', '200', '--publish-time', '10d', ...trial);
      try {
        billed.push(...(await quoteAndBill(house, [halfway, labels], startMs, now)));
        await eventually('learnt', joined, (all) => all >= labels, 120_000);
        const { learning } = await stateOf('insurance');
        const [learnt, atOnce] = [new OnlineInsurance({}, learning.model), new OnlineInsurance()];
        for (const one of billed) atOnce.learn(one);
        expect(learning.counts).toMatchObject({ joined: labels });
        expect(learning.join.counts).toMatchObject({ repeated: 0 });
        expect(learnt.figures()).toEqual({
          ...atOnce.figures(),
          rows: expect.closeTo(atOnce.figures()['rows'] ?? 0, 6),
        });
        const [weights, expected] = [learnt.fit().weights, atOnce.fit().weights]; // Kafka's partitions have no order
        weights.forEach((weight, term) => expect(weight).toBeCloseTo(expected[term] as number, 3));

        const person = { ...insured(0), children: 3 };
        const { outputs } = await eventually(
          'quoted by what was learnt',
          () => quote(house, person),
          ({ servedBy }) => servedBy.version !== 1 && servedBy.variant === 'champion' && servedBy.fallback === null,
          120_000,
        );
        expect(Math.abs(outputs.charges - billOf(person, now))).toBeLessThan(1);
        expect(await house.vinaigrette('rollouts', 'list', '--all')).toMatch(/insurance .*canary completed at 100 %/);
        expect(await house.vinaigrette('models', 'list')).toMatch(
          /insurance +2 .*learnt from a line through 2\d\d rows/,
        );
      } finally {
        await house.end(second, 'SIGTERM');
      }
    }, 480_000);
  });
});
