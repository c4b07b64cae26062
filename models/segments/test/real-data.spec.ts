import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { describeWith } from '../../../tools/real-part.mjs';
import { tensorOf, type Tensor } from '@vinaigrette/signature';
import { Intake } from '@vinaigrette/tables';
import { ModelSession } from '@vinaigrette/training';
import { customerReaders } from '../src/adapters/read-customers.js';
import { cluster, nearest } from '../src/domain/cluster.js';
import { learnPreparation, prepare } from '../src/domain/prepare.js';
import { segmentGraph } from '../src/domain/segment-graph.js';
import { segmentations, type Segmentation } from '../src/domain/segmentation.js';
import { trainSegments } from '../src/index.js';

describeWith('real data', 'DATA_DIR', 'segments of real customers', () => {
  const data = process.env.DATA_DIR ?? '';
  let dir: string;
  beforeAll(async () => {
    dir = await mkdtemp(join(tmpdir(), 'vinaigrette-segments-'));
  });
  afterAll(() => rm(dir, { recursive: true, force: true }));

  it('finds the five segments of the mall: inertia and centres as published', async () => {
    const input = join(data, 'mall-customers/Mall_Customers.csv');
    const card = await trainSegments({ input, segmentation: 'demographic', outDir: join(dir, 'mall') });
    expect(card.inertia).toBeCloseTo(44_448.4554, 4);
    const centres = card.segments.map(({ centre, customers }) => [
      customers,
      ...centre.map((value) => Math.round(value * 100) / 100),
    ]);
    expect(centres).toEqual([
      [22, 25.73, 79.36],
      [23, 26.3, 20.91],
      [81, 55.3, 49.52],
      [39, 86.54, 82.13],
      [35, 88.2, 17.11],
    ]);
  }, 60_000);

  it.each([
    ['demographic', 'mall-customers/Mall_Customers.csv', 200],
    ['rfm', 'online-retail/online_retail_2010-12_2011-08.csv.gz', 3_317],
  ] as const)(
    'tells of every %s customer what training does, when a request brings it as JSON',
    async (name, file, count) => {
      const source = { input: join(data, file) };
      const segmentation: Segmentation = segmentations[name];
      const { rows } = await customerReaders[name](source, undefined, new Intake());
      const preparation = learnPreparation(segmentation, rows);
      const points = rows.map((row) => prepare(segmentation, preparation, row));
      const { centres } = cluster(points, { clusters: segmentation.clusters, starts: 5, seed: 1 });
      const names = centres.map((_, place) => `segment ${place}`);
      const session = await ModelSession.open(segmentGraph(segmentation, preparation, centres, names));
      const request = JSON.parse(JSON.stringify(rows)) as (number | null)[][];
      const asked = segmentation.features.map(({ name: feature }, column): [string, Tensor] => [
        feature,
        tensorOf(
          'FP32',
          [rows.length, 1],
          request.map((row) => row[column] ?? null),
        ),
      ]);
      const { segment } = await session.run(Object.fromEntries(asked));
      const different = points.filter((point, row) => segment?.data[row] !== names[nearest(centres, point).index]);
      expect({ rows: rows.length, different }).toEqual({ rows: count, different: [] });
      await session.close();
    },
    120_000,
  );

  it('tells the shop who its best customers are', async () => {
    const input = join(data, 'online-retail/online_retail_2010-12_2011-08.csv.gz');
    const card = await trainSegments({ input, segmentation: 'rfm', outDir: join(dir, 'rfm') });
    expect(card).toMatchObject({ lines: 320_705, customers: 3_317, asOf: '2011-09-01' });
    const best = card.segments.find(({ name }) => name === 'recencyDays-low.orders-high.spent-high');
    expect(best?.customers).toBe(508);
  }, 120_000);
});
