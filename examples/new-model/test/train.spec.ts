import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { parseBaseline } from '@vinaigrette/drift';
import { differenceFromGolden, parseGolden, parseSignature, tensorOf } from '@vinaigrette/signature';
import { Intake } from '@vinaigrette/tables';
import { ModelSession, trainVersion } from '@vinaigrette/training';
import { readRows } from '../src/adapters/read-rows.js';
import { inputs, label } from '../src/domain/columns.js';
import { fit, probabilityOf } from '../src/domain/fit.js';
import { recipe, type Card } from '../src/index.js';

const sample = join(import.meta.dirname, '..', 'data', 'sample.csv');
let dir: string;
let outDir: string;
let card: Card;
let session: ModelSession;
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'new-model-'));
  outDir = join(dir, 'version');
  ({ card } = await trainVersion(recipe, { input: sample, outDir }));
  session = await ModelSession.open(await readFile(join(outDir, 'model.onnx')));
});
afterAll(async () => {
  await session?.close();
  await rm(dir, { recursive: true, force: true });
});
const json = async (name: string): Promise<unknown> => JSON.parse(await readFile(join(outDir, name), 'utf8'));

describe('a version', () => {
  it('is better than a coin on rows it never saw', () => {
    expect(card.logLikelihood).toBeGreaterThan(-Math.LN2);
  });

  it('has files that agree with each other', async () => {
    expect(parseSignature(await json('signature.json')).inputs.map(({ name }) => name)).toEqual([...inputs]);
    expect(parseBaseline(await json('baseline.json')).rows).toBe(card.rows.training);
    for (const { inputs: asked, outputs } of parseGolden(await json('golden.json')).examples) {
      expect(differenceFromGolden(outputs, await session.run(asked))).toBeUndefined();
    }
  });

  it('answers every row as training does, when a request brings it as JSON', async () => {
    const rows = await readRows({ input: sample }, new Intake());
    const isHeldBack = (place: number) => place % card.parameters.heldBackEvery === card.parameters.heldBackEvery - 1;
    const model = fit(
      rows.filter((_, place) => !isHeldBack(place)),
      card.parameters.penalty,
    );
    for (const { customer } of rows.filter((_, place) => isHeldBack(place))) {
      const request = JSON.parse(JSON.stringify(customer)) as (number | null)[];
      const asked = inputs.map((name, at) => [name, tensorOf('FP32', [1, 1], [request[at] ?? null])] as const);
      const { probability } = await session.run(Object.fromEntries(asked));
      expect(Number(probability?.data[0])).toBeCloseTo(probabilityOf(model, customer), 5);
    }
  });

  it('is the same, byte for byte, when it is trained again', async () => {
    const again = join(dir, 'again');
    await trainVersion(recipe, { input: sample, outDir: again });
    for (const name of ['model.onnx', 'signature.json', 'golden.json', 'baseline.json']) {
      expect(await readFile(join(again, name))).toEqual(await readFile(join(outDir, name)));
    }
  });

  it('is not made of rows of one kind', async () => {
    const [header, ...lines] = (await readFile(sample, 'utf8')).trim().split('\n');
    const input = join(dir, 'one-kind.csv');
    await writeFile(input, [header, ...lines.map((line) => line.replace(/no$/, 'yes'))].join('\n'));
    await expect(trainVersion(recipe, { input, outDir: join(dir, 'none') })).rejects.toMatchObject({
      code: 'TRAINING_DATA_INVALID',
      message: expect.stringContaining(`${label} is the same in every row`),
    });
  });
});
