import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { create, fromBinary, toBinary } from '@bufbuild/protobuf';
import { PredictionSchema } from '@vinaigrette/contracts/events';
import { describeWith } from '../../../tools/real-part.mjs';
import { driftMapMessage } from '../src/adapters/connect/messages.js';
import { PANE_MS } from '../src/domain/pane.js';
import { ReadDriftMap } from '../src/read-drift-map.js';
import { createTestDatabase, type TestDatabase } from './database.js';
import { monitorParts } from './parts.js';
import { baseline, oracle, predictions, recordsOf } from './shop.js';

const HOUR_MS = 60 * 60 * 1_000;
const fromMs = Date.UTC(2026, 10, 21, 10);
const selection = { model: 'basket', version: 1, variant: '', segment: '' };
const names = baseline.features.map(({ name }) => name);

/** Predictions of one pane, each with its segments. */
const paneOf = (at: number, count: number, shift: number, segmentsOf: (index: number) => string[]) => {
  const pane = { fromMs: fromMs + at * PANE_MS, toMs: fromMs + (at + 1) * PANE_MS };
  return predictions({ count, seed: 40 + at, shift, ...pane }).map((body, index) => {
    const segments = segmentsOf(index);
    return toBinary(PredictionSchema, create(PredictionSchema, { ...fromBinary(PredictionSchema, body), segments }));
  });
};

describeWith('PostgreSQL', 'DATABASE_URL', 'the drift map', () => {
  let database: TestDatabase;
  let map: ReadDriftMap;
  // As in training, too few to judge, nothing, and moved far away; the phones come with the move.
  const calm = paneOf(0, 900, 0, (index) => [`country=${index % 3 === 0 ? 'fr' : 'de'}`]);
  const few = paneOf(1, 12, 1, () => ['country=de']);
  const moved = paneOf(3, 600, 1, () => ['country=de', 'device=phone']);

  beforeAll(async () => {
    database = await createTestDatabase();
    const parts = monitorParts(await database.connect(), { now: () => fromMs + HOUR_MS });
    const all = recordsOf([...calm, ...few, ...moved]);
    for (let at = 0; at < all.length; at += 200) {
      await parts.events.consume({ topic: 'predictions', partition: '0', records: all.slice(at, at + 200) });
    }
    map = new ReadDriftMap(parts.panes, parts.known, parts.policies, parts.drift);
  }, 120_000);
  afterAll(() => database.drop(), 60_000);

  const read = async (by: 'time' | 'segment', toMs = fromMs + HOUR_MS, more: Partial<typeof selection> = {}) =>
    map.read({ selection: { ...selection, ...more }, range: { fromMs, toMs } }, by);

  describe('by time', () => {
    it('has a column a pane, each with what one pass over its predictions finds', async () => {
      const { features, columns } = await read('time');
      expect(features).toEqual(names);
      expect(columns.map(({ predictions }) => predictions)).toEqual([900, 12, 0, 600, ...Array<number>(8).fill(0)]);
      expect(columns.slice(0, 4).map(({ label }) => label)).toEqual(
        ['10:00', '10:05', '10:10', '10:15'].map((time) => `2026-11-21 ${time}`),
      );
      columns.forEach(({ range, features: measured }, at) => {
        const pane = { fromMs: fromMs + at * PANE_MS, toMs: fromMs + (at + 1) * PANE_MS };
        expect(range).toEqual(pane);
        const bodies = [calm, few, [], moved][at] ?? [];
        expect(measured).toEqual(bodies.length > 0 ? oracle(bodies, pane.fromMs, pane.toMs).features : []);
      });
    });

    it.each([
      { hours: 1, columns: 12, minutes: 5 },
      { hours: 2, columns: 24, minutes: 5 },
      { hours: 24, columns: 24, minutes: 60 },
      // 300 panes go 13 to a column, and leave one that is shorter.
      { hours: 25, columns: 24, minutes: 65 },
      { hours: 24 * 400, columns: 24, minutes: 24_000 },
    ])('divides $hours h into $columns columns without gap or overlap', async ({ hours, columns, minutes }) => {
      const toMs = fromMs + hours * HOUR_MS;
      const { columns: found } = await read('time', toMs);
      expect(found).toHaveLength(columns);
      expect(found[0]!.range).toEqual({ fromMs, toMs: fromMs + minutes * 60_000 });
      found.slice(1).forEach(({ range }, index) => expect(range.fromMs).toBe(found[index]!.range.toMs));
      expect(found.at(-1)!.range.toMs).toBe(toMs);
      expect(found.reduce((sum, { predictions }) => sum + predictions, 0)).toBe(1_512);
    });

    it('judges each column as a window of its own', async () => {
      const { columns } = driftMapMessage(await read('time'));
      const [quiet, short, empty, far] = columns.map(({ cells }) => cells);
      for (const cells of [quiet, short, empty, far]) expect(cells).toHaveLength(names.length);
      const size = names.indexOf('basketSize');
      expect(quiet![size]).toMatchObject({ severity: '', enough: true });
      expect(short![size]).toMatchObject({ severity: '', enough: false });
      expect(far![size]).toMatchObject({ severity: 'critical', enough: true });
      expect(far![size]!.effect).toBeGreaterThan(2.5);
      for (const cell of empty!) {
        expect(cell).toMatchObject({ severity: '', enough: false });
        expect([cell.effect, cell.psi, cell.ksLow]).toEqual([undefined, undefined, undefined]);
      }
    });

    it('looks at one segment when it is asked to', async () => {
      const { columns } = await read('time', undefined, { segment: 'country=fr' });
      expect(columns.slice(0, 4).map(({ predictions }) => predictions)).toEqual([300, 0, 0, 0]);
    });
  });

  it('by segment has the whole first, then the segments, the largest first', async () => {
    const found = await read('segment');
    expect(found.columns.map(({ label, predictions }) => [label, predictions])).toEqual([
      ['', 1_512],
      ['country=de', 1_212],
      ['device=phone', 600],
      ['country=fr', 300],
    ]);
    const all = [...calm, ...few, ...moved];
    const phones = found.columns[2]!;
    expect(found.columns[0]!.features).toEqual(oracle(all, fromMs, fromMs + HOUR_MS).features);
    expect(phones.features).toEqual(oracle(moved, fromMs, fromMs + HOUR_MS).features);
    const size = names.indexOf('basketSize');
    const severities = driftMapMessage(found).columns.map(({ label, cells }) => [label, cells[size]!.severity]);
    expect(Object.fromEntries(severities)).toMatchObject({ 'device=phone': 'critical', 'country=fr': '' });
  });

  it('takes the newest version that was counted when none is named, and knows no other', async () => {
    const range = { fromMs, toMs: fromMs + HOUR_MS };
    const { version, ...newest } = selection;
    expect((await map.read({ selection: newest, range }, 'time')).selection.version).toBe(version);
    await expect(read('time', undefined, { version: 9 })).rejects.toMatchObject({ code: 'VERSION_NOT_FOUND' });
  });
});
