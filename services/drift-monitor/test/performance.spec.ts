import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { create, toBinary } from '@bufbuild/protobuf';
import { OutcomeSchema, PredictionSchema, PredictionStatus } from '@vinaigrette/contracts/events';
import { kpiSchema, performanceSchema } from '@vinaigrette/documents';
import { packRow, tensorOf } from '@vinaigrette/signature';
import { describeWith } from '../../../tools/real-part.mjs';
import { ArchiveFiles } from '../src/adapters/archive/archive-files.js';
import { ParquetArchive } from '../src/adapters/archive/parquet-archive.js';
import { Database } from '../src/adapters/postgres/database.js';
import { ArchiveEvents } from '../src/archive-events.js';
import type { areaUnderRoc } from '../src/domain/measures.js';
import { MeasureKpis } from '../src/measure-kpis.js';
import { MeasurePerformance } from '../src/measure-performance.js';
import { ReadRuleDecay } from '../src/read-rule-decay.js';
import type { WantedNow } from '../src/wanted-now.js';
import type { WantedStates } from '../src/wanted-states.js';
import { createTestDatabase, type TestDatabase } from './database.js';
import { monitorParts } from './parts.js';
import { chance, recordsOf, schema, schemaId } from './shop.js';

const HOUR_MS = 60 * 60 * 1_000;
const range = { fromMs: Date.UTC(2026, 10, 20, 20), toMs: Date.UTC(2026, 10, 21, 4) };
const now = () => range.toMs + 10 * HOUR_MS;
const selection = { model: 'basket', version: 1, variant: '', segment: '' };

/** One visit: what was predicted, and what then happened. */
function visits(count: number) {
  const random = chance(11);
  return Array.from({ length: count }, (_, index) => {
    const score = Math.fround(random());
    const positive = random() < score;
    return {
      id: `p-${index}`,
      unit: `unit-${index % 120}`,
      atMs: range.fromMs + Math.floor(random() * (range.toMs - range.fromMs)),
      variant: index % 120 < 40 ? 'holdout' : 'champion',
      segments: [`country=${index % 3 === 0 ? 'de' : 'fr'}`],
      score,
      city: random() < 0.5 ? 'Lyon' : 'Paris',
      labelled: random() < 0.7,
      label: positive ? 'yes' : 'no',
      number: score + random() - 0.5,
      shown: Array.from({ length: 12 }, (_, place) => `sku-${(index + place) % 30}`),
      bought: random() < 0.3 ? [`sku-${(index + Math.floor(random() * 20)) % 30}`, 'sku-2'] : [],
      revenue: random() * 20,
    };
  });
}
const all = visits(600);
type Visit = (typeof all)[number];

describeWith('PostgreSQL', 'DATABASE_URL', 'realised performance', () => {
  let database: TestDatabase;
  let dir: string;
  let archive: ParquetArchive;
  let performance: MeasurePerformance;
  let kpis: MeasureKpis;

  beforeAll(async () => {
    database = await createTestDatabase();
    dir = await mkdtemp(join(tmpdir(), 'vinaigrette-archive-'));
    const pool = await database.connect();
    archive = new ParquetArchive(new Database(pool), new ArchiveFiles(dir));
    const { known } = monitorParts(pool, { now });
    const events = new ArchiveEvents(archive, known, { recordsMax: 10_000, ageMsMax: 0 }, now);
    const predicted = ({ id, unit, atMs, variant, segments, score, city, shown }: Visit, shadow: boolean) =>
      toBinary(
        PredictionSchema,
        create(PredictionSchema, {
          predictionId: id,
          occurredAtMs: BigInt(atMs),
          model: 'basket',
          version: shadow ? 2 : 1,
          variant: shadow ? 'shadow' : variant,
          status: shadow ? PredictionStatus.SHADOW : PredictionStatus.ANSWERED,
          unit,
          segments,
          shown: shadow ? [] : shown,
          schemaId,
          ...packRow(schema, {
            items: tensorOf('BYTES', [1, 1], ['milk']),
            age: tensorOf('FP32', [1, 1], [1]),
            city: tensorOf('BYTES', [1, 1], [city]),
            confidence: tensorOf('FP32', [1, 3], [shadow ? 1 - score : score, 0, 0]),
          }),
        }),
      );
    const told = all.flatMap(({ id, atMs, labelled, label, number, bought, revenue }) => {
      const outcome = (kind: string, fields: object, afterMs = 1_000) =>
        toBinary(
          OutcomeSchema,
          create(OutcomeSchema, {
            outcomeId: `${kind}-${id}-${afterMs}`,
            predictionId: id,
            kind,
            occurredAtMs: BigInt(atMs + afterMs),
            ...fields,
          }),
        );
      return [
        // A label that is corrected later: the last one counts.
        ...(labelled
          ? [outcome('label', { text: label, number }, 2_000), outcome('label', { text: 'wrong', number: 1_000 })]
          : []),
        ...(bought.length > 0 ? [outcome('purchased', { skus: bought, revenue })] : []),
      ];
    });
    const known2 = { ...known.of('basket', 1)!, version: 2 };
    known.add(known2);
    const both = [...all.map((visit) => predicted(visit, false)), ...all.map((visit) => predicted(visit, true))];
    await events.consume({ topic: 'predictions', partition: '0', records: recordsOf(both) });
    await events.consume({ topic: 'outcomes', partition: '0', records: recordsOf(told) });
    await events.flush(true);
    performance = new MeasurePerformance(archive, now);
    kpis = new MeasureKpis(archive);
  }, 60_000);
  afterAll(async () => {
    await database.drop();
    await rm(dir, { recursive: true });
  }, 60_000);

  const labelled = all.filter((visit) => visit.labelled);
  const mean = (values: number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
  const policy = (task: object, maturityMs = 12 * HOUR_MS) =>
    performanceSchema.parse({ model: 'basket', task, maturityMs });

  it('of a regression: errors, coverage, and how much of it is mature', async () => {
    const regression = policy({ kind: 'regression', output: 'confidence' });
    const { measures, coverage, mature } = await performance.measure(regression, selection, range);
    const errors = labelled.map(({ score, number }) => score - number);
    expect(coverage).toMatchObject({ predictions: 600, labelled: labelled.length });
    const old = all.filter(({ atMs }) => atMs <= now() - 12 * HOUR_MS);
    expect(mature).toMatchObject({ predictions: old.length, labelled: old.filter((visit) => visit.labelled).length });
    expect(measures.mae!.value).toBeCloseTo(mean(errors.map(Math.abs)), 9);
    expect(measures.bias!.value).toBeCloseTo(mean(errors), 9);
    expect(measures.rmse!.value).toBeCloseTo(Math.sqrt(mean(errors.map((e) => e * e))), 9);
    const y = labelled.map(({ number }) => number);
    const spread = mean(y.map((value) => (value - mean(y)) ** 2));
    expect(measures.r2!.value).toBeCloseTo(1 - mean(errors.map((e) => e * e)) / spread, 9);
    for (const { value, low, high } of Object.values(measures))
      expect([low! < value!, value! < high!]).toEqual([true, true]);
  });

  it('of a classification: by score and by class, also for a shadow', async () => {
    const byScore = policy({ kind: 'classification', score: { output: 'confidence', positive: 'yes' } });
    const { measures, classes, calibration } = await performance.measure(byScore, selection, range);
    expect(measures.accuracy!.value).toBeCloseTo(
      mean(labelled.map(({ score, label }) => Number(score >= 0.5 === (label === 'yes')))),
      12,
    );
    const loss = labelled.map(({ score, label }) => -Math.log(label === 'yes' ? score : 1 - score));
    expect(measures.logLoss!.value).toBeCloseTo(mean(loss), 9);
    const [yes, no] = ['yes', 'no'].map((label) => labelled.filter((visit) => visit.label === label));
    const won = yes!.flatMap((a) => no!.map((b) => (a.score > b.score ? 1 : a.score === b.score ? 0.5 : 0)));
    const auc = measures.auc as ReturnType<typeof areaUnderRoc>;
    expect(Math.abs(auc.value! - mean(won))).toBeLessThanOrEqual(auc.binning!);
    expect(auc.binning!).toBeLessThan(0.002);
    expect(calibration!.expectedError!).toBeLessThan(0.15);
    const precision = classes!.find((found) => found.class === 'yes')!.precision;
    const calledYes = labelled.filter(({ score }) => score >= 0.5);
    expect(precision).toMatchObject({ n: calledYes.length });
    expect(precision.value).toBeCloseTo(mean(calledYes.map(({ label }) => Number(label === 'yes'))), 12);

    const shadow = await performance.measure(byScore, { ...selection, version: 2, variant: 'shadow' }, range);
    expect(shadow.coverage).toMatchObject({ predictions: 600, labelled: labelled.length });
    expect(shadow.measures.auc!.value).toBeCloseTo(1 - measures.auc!.value!, 2);

    const byClass = policy({ kind: 'classification', output: 'city' });
    const german = await performance.measure(byClass, { ...selection, segment: 'country=de' }, range);
    expect(german.coverage.predictions).toBe(200);
    expect(german.measures.accuracy).toMatchObject({
      value: 0,
      low: 0,
      n: labelled.filter(({ segments }) => segments[0] === 'country=de').length,
    });
  });

  it('of a ranking: hits, reciprocal ranks and discounted gains', async () => {
    const { measures } = await performance.measure(policy({ kind: 'ranking' }), selection, range);
    const buyers = all.filter(({ bought }) => bought.length > 0);
    const places = buyers.map(({ shown, bought }) =>
      shown.flatMap((sku, place) => (bought.includes(sku) ? [place + 1] : [])),
    );
    const gain = (list: number[]) => list.reduce((sum, place) => sum + (place <= 10 ? 1 / Math.log2(place + 1) : 0), 0);
    const expected = {
      hitRateAt1: mean(places.map(([first = Infinity]) => Number(first <= 1))),
      hitRateAt5: mean(places.map(([first = Infinity]) => Number(first <= 5))),
      hitRateAt10: mean(places.map(([first = Infinity]) => Number(first <= 10))),
      mrr: mean(places.map(([first = Infinity]) => 1 / first)),
      ndcgAt10: mean(
        places.map((list, index) => gain(list) / gain(new Set(buyers[index]!.bought).size === 1 ? [1] : [1, 2])),
      ),
    };
    for (const [name, value] of Object.entries(expected)) {
      expect({ name, n: measures[name]!.n, value: measures[name]!.value! }).toEqual({
        name,
        n: buyers.length,
        value: expect.closeTo(value, 9),
      });
    }
  });

  it('counts from baskets alone whether rules still hold', async () => {
    const rules = JSON.stringify({
      rules: [{ antecedent: ['milk'], consequent: 'sku-5', confidence: 0.8, conviction: null }],
    });
    const wanted = {
      model: () => ({ versions: [{ version: 1, files: [{ path: 'rules.json', sha256: 'any' }] }] }),
    } as unknown as WantedNow;
    const states = { download: () => Promise.resolve(Buffer.from(rules)) } as unknown as WantedStates;
    const decay = await new ReadRuleDecay(archive, wanted, states).read('basket', 1, range);
    // Two days of 120 units each, and everybody brings milk.
    expect(decay).toMatchObject({ countedOn: 'everybody', rules: [{ state: 'dead', live: { value: 0 } }] });
    expect(decay.rules[0]!.live.n).toBe(decay.baskets);
    const shown = all.filter(({ shown: list }) => list.includes('sku-5')).length;
    expect(decay.rules[0]!.recommendationsADay).toBeCloseTo((shown * 24 * HOUR_MS) / (range.toMs - range.fromMs), 6);
    await expect(new ReadRuleDecay(archive, wanted, states).read('basket', 2, range)).rejects.toMatchObject({
      code: 'VERSION_NOT_FOUND',
    });
  });

  it('answers nothing where nothing was predicted', async () => {
    for (const task of [
      { kind: 'ranking' },
      { kind: 'regression', output: 'confidence' },
      { kind: 'classification', output: 'city' },
    ]) {
      const { coverage, measures } = await performance.measure(policy(task), { ...selection, version: 9 }, range);
      expect(coverage).toEqual({ predictions: 0, labelled: 0, share: { value: null, low: null, high: null, n: 0 } });
      for (const { value } of Object.values(measures)) expect(value).toBeNull();
    }
  });

  it('measures KPIs by their definition, and what the model is worth beside the holdout', async () => {
    const kpi = (definition: object) => kpiSchema.parse({ model: 'basket', kinds: ['purchased'], ...definition });
    const champions = all.filter(({ variant }) => variant === 'champion');
    const of = (definition: object) => kpis.measure(kpi(definition), { variant: '', segment: '' }, range);
    const conversion = await of({ value: 'any' });
    expect(conversion).toMatchObject({ n: champions.length });
    expect(conversion.value).toBeCloseTo(mean(champions.map(({ bought }) => Number(bought.length > 0))), 12);
    expect([conversion.low! < conversion.value!, conversion.high! > conversion.value!]).toEqual([true, true]);
    const spent = (list: Visit[]) => mean(list.map(({ bought, revenue }) => (bought.length > 0 ? revenue : 0)));
    expect((await of({ value: 'revenue' })).value).toBeCloseTo(spent(champions), 9);
    const paying = new Set(champions.filter(({ bought }) => bought.length > 0).map(({ unit }) => unit)).size;
    expect((await of({ value: 'any', per: 'unit' })).value).toBeCloseTo(paying / 80, 12);
    const shown = champions.filter(({ shown, bought }) => bought.some((sku) => shown.includes(sku)));
    expect((await of({ value: 'any', shownOnly: true })).value).toBeCloseTo(shown.length / champions.length, 12);
    expect((await of({ value: 'any', withinMs: 1_000 })).value).toBe(0);

    const { withModel: model, holdout, per1000 } = await kpis.worth(kpi({ value: 'revenue' }), { segment: '' }, range);
    const rest = all.filter(({ variant }) => variant === 'holdout');
    expect([model.value, holdout.value]).toEqual([expect.closeTo(spent(champions), 9), expect.closeTo(spent(rest), 9)]);
    expect(per1000.value).toBeCloseTo(1_000 * (spent(champions) - spent(rest)), 6);
    // The same customers make both: no difference is there, and none is claimed.
    expect([per1000.low! < 0, per1000.high! > 0]).toEqual([true, true]);
  });
});
