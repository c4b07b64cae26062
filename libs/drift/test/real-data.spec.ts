import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { expect, it } from '@jest/globals';
import { describeWith } from '../../../tools/real-part.mjs';
import {
  buildBaseline,
  countRow,
  exactKolmogorovSmirnov,
  featureDrifts,
  gridOf,
  noCounters,
  type FeatureDefinition,
} from '../src/index.js';

type Row = Record<string, number>;

describeWith('real data', 'DATA_DIR', 'the published figures of real drift', () => {
  const file = (name: string) => readFileSync(join(process.env.DATA_DIR as string, name));
  const table = (text: string): Row[] => {
    const [header, ...lines] = text
      .trim()
      .split(/\r?\n/)
      .map((line) => line.split(','));
    return lines.map((line) => Object.fromEntries(line.map((cell, column) => [header![column], Number(cell)])));
  };
  const measure = (column: string, training: Row[], window: Row[]) => {
    const rows = (table: Row[]) => table.map((row) => ({ [column]: [row[column] as number] }));
    const definition: FeatureDefinition = { name: column, kind: 'numeric', from: { kind: 'value', tensor: column } };
    const grid = gridOf(buildBaseline([definition], rows(training)));
    const counters = noCounters(grid);
    for (const row of rows(window)) countRow(grid, row, counters);
    const exact = exactKolmogorovSmirnov(
      ...([training, window].map((t) => t.map((row) => row[column])) as [number[], number[]]),
    );
    return { ...featureDrifts(grid, counters)[0]!.measured!, exact };
  };
  const check = (column: string, training: Row[], window: Row[], ks: number, psi: number) => {
    const measured = measure(column, training, window);
    expect(measured.psi).toBeCloseTo(psi, 6);
    expect(measured.exact).toBeCloseTo(ks, 6);
    // Every value of these columns is an atom or nearly so: the grid's bounds hold the distance to a thousandth.
    expect(measured.ks!.low).toBeLessThanOrEqual(measured.exact);
    expect(measured.ks!.high).toBeGreaterThanOrEqual(measured.exact);
    expect(measured.ks!.high - measured.ks!.low).toBeLessThan(0.002);
  };

  const hours = () => table(gunzipSync(file('bike-sharing/hour.csv.gz')).toString());
  it.each([
    { column: 'cnt', ks: 0.216474, psi: 0.243721 },
    { column: 'registered', ks: 0.226577, psi: 0.31143 },
    { column: 'casual', ks: 0.117487, psi: 0.089657 },
    { column: 'temp', ks: 0.054623, psi: 0.035507 },
    { column: 'hum', ks: 0.065079, psi: 0.048296 },
    { column: 'windspeed', ks: 0.019241, psi: 0.003569 },
  ])('bike sharing, 2011 against 2012: $column KS $ks PSI $psi', ({ column, ks, psi }) => {
    const rows = hours();
    check(
      column,
      rows.filter((row) => row.yr === 0),
      rows.filter((row) => row.yr === 1),
      ks,
      psi,
    );
  });

  it('bike sharing, control without drift: odd against even days of 2011', () => {
    const days = gunzipSync(file('bike-sharing/hour.csv.gz')).toString().trim().split(/\r?\n/).slice(1);
    const rows = days.filter((line) => line.includes(',2011-')).map((line) => line.split(','));
    const [odd, even] = [1, 0].map((rest) =>
      rows.filter((cells) => Number(cells[1]!.slice(-2)) % 2 === rest).map((cells) => ({ cnt: Number(cells.at(-1)) })),
    );
    expect([odd!.length, even!.length]).toEqual([4412, 4233]);
    check('cnt', odd!, even!, 0.013525, 0.004192);
  });

  it.each([
    { column: 'feat_4', ks: 0.295906, psi: 0.692321 },
    { column: 'feat_6', ks: 0.160995, psi: 0.216403 },
    { column: 'feat_5', ks: 0.099603, psi: 0.052133 },
    { column: 'feat_1', ks: 0.018078, psi: 0.0062 },
    { column: 'feat_7', ks: 0.01844, psi: 0.00629 },
    { column: 'feat_8', ks: 0.037362, psi: 0.006887 },
    { column: 'feat_3', ks: 0.032206, psi: 0.005263 },
    { column: 'feat_2', ks: 0.026236, psi: 0.012864 },
  ])('weather, its first half against the rest: $column KS $ks PSI $psi', ({ column, ks, psi }) => {
    const rows = table(file('noaa-weather/weather.csv').toString());
    check(column, rows.slice(0, 9079), rows.slice(9079), ks, psi);
  });
});
