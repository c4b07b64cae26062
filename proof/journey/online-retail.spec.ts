import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { describeWith } from '../../tools/real-part.mjs';
import { createDatabase } from './database.js';
import { eventually, House } from './house.js';
import { travel, type Journey } from './online-retail/journey.js';
import { disagreements, reportOf } from './online-retail/report.js';

const FILE = 'online-retail/online_retail_2010-12_2011-08.csv.gz';

describeWith('real data', 'DATA_DIR', 'two months of a real shop, asked again', () => {
  describeWith('PostgreSQL', 'DATABASE_URL', 'in event time', () => {
    let house: House;
    let journey: Journey;
    let drop: () => Promise<void>;

    beforeAll(async () => {
      const database = await createDatabase(process.env.DATABASE_URL as string);
      drop = database.drop;
      house = await House.open({ databaseUrl: database.url });
      journey = await travel(house, join(process.env.DATA_DIR as string, FILE), () => {});
      console.info(reportOf(journey));
    }, 600_000);
    afterAll(async () => {
      await house?.close();
      await drop?.();
    }, 60_000);

    it('counts every basket once, in its own week', () => {
      expect(journey.monitored.reduce((sum, week) => sum + week.baskets, 0)).toBe(journey.baskets);
      expect(journey.baskets).toBeGreaterThan(2_000);
    });

    it('sees the same hits, PSI and KS as a batch over the file', () => {
      expect(disagreements(journey)).toEqual([]);
    });

    it('keeps every prediction and what was bought, once, for SQL', async () => {
      const out = join(house.dir, 'weeks.json');
      const sql = `SELECT count(*) AS asked, count(DISTINCT prediction_id) AS different,
        count(*) FILTER (list_contains(shown[1:5], o.skus[1])) AS hits
        FROM predictions JOIN outcomes o USING (prediction_id) WHERE model = 'basket'`;
      const kept = await eventually(
        'archived',
        async () => {
          await house.vinaigrette('data', 'export', '--sql', sql, '--out', out);
          return JSON.parse(await readFile(out, 'utf8')) as { asked: number; different: number; hits: number };
        },
        ({ asked }) => asked >= journey.baskets,
      );
      const hits = journey.monitored.reduce((sum, week) => sum + week.hitsAt5, 0);
      expect(kept).toEqual({ asked: journey.baskets, different: journey.baskets, hits });
    });

    it('recommends better than chance would', () => {
      const hits = journey.monitored.reduce((sum, week) => sum + week.hitsAt5, 0);
      expect(hits / journey.baskets).toBeGreaterThan(0.05);
    });
  });
});
