import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { StateFile } from './state-file.js';

let dir: string;
beforeEach(async () => {
  dir = await mkdtemp(path.join(tmpdir(), 'vinaigrette-state-'));
});
afterEach(() => rm(dir, { recursive: true, force: true }));

describe('StateFile', () => {
  it('answers what was written last, and nothing before', async () => {
    const file = path.join(dir, 'deep/state.json');
    const state = new StateFile<{ place: number }>(file);
    expect(await state.read()).toBeUndefined();
    await state.write({ place: 1 });
    await state.write({ place: 2 });
    expect(await new StateFile(file).read()).toEqual({ place: 2 });
    expect(await readdir(path.dirname(file))).toEqual(['state.json']);
  });

  it('is not misled by what a killed process has half written', async () => {
    const state = new StateFile<{ place: number }>(path.join(dir, 'state.json'));
    await state.write({ place: 1 });
    await writeFile(path.join(dir, 'state.json.part'), '{"pla');
    expect(await state.read()).toEqual({ place: 1 });
    await state.write({ place: 2 });
    expect(await state.read()).toEqual({ place: 2 });
  });
});
