import { chmod, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { FolderStore } from '@vinaigrette/object-store';
import { compareTables } from '../src/adapters/compare-tables.js';
import { DataVersions } from '../src/adapters/data-versions.js';
import { dataReference, type DataPointer } from '../src/domain/data-pointer.js';
import { tableDifferences } from '../src/domain/table-difference.js';

describe('data versions', () => {
  let dir: string;
  let versions: DataVersions;
  let june: DataPointer;
  let july: DataPointer;
  const at = (file: string) => path.join(dir, file);
  beforeAll(async () => {
    dir = await mkdtemp(path.join(tmpdir(), 'vinaigrette-data-'));
    const store = new FolderStore(at('store'));
    await store.open();
    versions = new DataVersions(store, at('copies'));
    await writeFile(at('june.csv'), 'sku,quantity\nmilk,1\nbread,2\nbread,2\n');
    await writeFile(at('july sales.csv'), 'sku,quantity,market\nmilk,1,de\nbread,2,de\nsugar,50,at\n');
    june = await versions.add(at('june.csv'), 'sales', new Date('2026-07-01T00:00:00Z'));
    july = await versions.add(at('july sales.csv'), 'sales', new Date('2026-08-01T00:00:00Z'));
  });
  afterAll(() => rm(dir, { recursive: true, force: true }));

  it('are kept once, under the digest of their bytes, whoever adds them again', async () => {
    expect(june).toMatchObject({ name: 'sales', file: 'june.csv', sizeBytes: 36 });
    expect(july.file).toBe('july-sales.csv');
    const again = await versions.add(at('june.csv'), 'sales', new Date('2026-09-01T00:00:00Z'));
    expect(again).toEqual(june);
    expect(await versions.list()).toEqual([july, june]);
  });

  it('are found by the first digits of the digest, or by their pointer', async () => {
    expect(await versions.find(dataReference(`sales@${june.digest.slice(0, 8)}`))).toEqual(june);
    await writeFile(at('june.csv.data.json'), JSON.stringify(june));
    expect(await versions.find(dataReference(at('june.csv.data.json')))).toEqual(june);
  });

  it('come to this machine whole, and are checked each time', async () => {
    const local = await versions.bring(june);
    expect(await readFile(local, 'utf8')).toBe(await readFile(at('june.csv'), 'utf8'));
    const { mtimeMs } = await stat(local);
    expect((await stat(await versions.bring(june))).mtimeMs).toBe(mtimeMs);
    await rm(local);
    await writeFile(local, 'sku,quantity\nmilk,100\n');
    expect(await readFile(await versions.bring(june), 'utf8')).toBe(await readFile(at('june.csv'), 'utf8'));
  });

  it('are refused when the store holds other bytes', async () => {
    const kept = path.join(at('store'), 'data', july.digest, july.file);
    await chmod(kept, 0o644);
    await writeFile(kept, 'sku,quantity\n');
    await expect(versions.bring(july)).rejects.toMatchObject({ code: 'ARTIFACT_CORRUPT' });
    await rm(kept);
    await expect(versions.bring(july)).rejects.toMatchObject({ code: 'DATA_NOT_FOUND' });
  });

  it.each([
    ['a name that nobody gave', () => versions.find(dataReference('prices@123456')), 'DATA_NOT_FOUND'],
    ['too few digits', async () => dataReference('sales@123'), 'DATA_NOT_FOUND'],
    ['a path into another folder', async () => dataReference('../sales@123456'), 'DATA_NOT_FOUND'],
    ['a file that is missing', () => versions.add(at('nothing.csv'), 'sales', new Date()), 'FILE_UNREADABLE'],
    ['a folder', () => versions.add(dir, 'sales', new Date()), 'FILE_UNREADABLE'],
    ['a pointer that is missing', () => versions.find({ pointer: at('nothing.data.json') }), 'FILE_UNREADABLE'],
    ['a pointer that is none', () => versions.find({ pointer: at('june.csv') }), 'DATA_NOT_FOUND'],
  ])('refuse %s', async (_, ask, code) => {
    await expect(ask()).rejects.toMatchObject({ code });
  });

  it('differ in rows, in columns, and in what is in them', async () => {
    const { before, after } = await compareTables(at('june.csv'), at('july sales.csv'));
    expect(tableDifferences(before, after)).toEqual([
      'rows gone: 1',
      'rows new: 1',
      'column market (VARCHAR) is new',
      'column sku, most: milk -> sugar',
      'column sku, about so many values: 2 -> 3',
      'column quantity, most: 2 -> 50',
      expect.stringMatching(/^column quantity, mean: 1\.6+\d* -> 17\.6+\d*$/),
      'column quantity, about so many values: 2 -> 3',
    ]);
    const same = await compareTables(at('june.csv'), at('june.csv'));
    expect(tableDifferences(same.before, same.after)).toEqual([]);
    await expect(compareTables(at('june.csv'), at('nothing.csv'))).rejects.toMatchObject({ code: 'FILE_UNREADABLE' });
  });
});
