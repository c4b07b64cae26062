import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { describeWith } from '../../../tools/real-part.mjs';
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

  it('tells the shop who its best customers are', async () => {
    const input = join(data, 'online-retail/online_retail_2010-12_2011-08.csv.gz');
    const card = await trainSegments({ input, segmentation: 'rfm', outDir: join(dir, 'rfm') });
    expect(card).toMatchObject({ lines: 320_705, customers: 3_317, asOf: '2011-09-01' });
    const best = card.segments.find(({ name }) => name === 'recencyDays-low.orders-high.spent-high');
    expect(best?.customers).toBe(508);
  }, 120_000);
});
