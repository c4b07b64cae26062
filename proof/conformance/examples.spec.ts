import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { describeWith } from '../../tools/real-part.mjs';
import { createDatabase } from '../journey/database.js';
import { eventually, House } from '../journey/house.js';
import { call } from '../journey/shop.js';

const EXAMPLES = join(import.meta.dirname, '../../examples/practice');
/** scikit-learn's probabilities are float64, the graph's float32. */
const TOLERANCE = 1e-4;

/** What a script wrote beside its model: rows to ask with, and what scikit-learn itself says of them. */
interface Expected {
  accuracy: number;
  rows: Record<string, unknown>[];
  labels: (string | number)[];
  probabilities: number[][];
}

interface Answer {
  outputs: { output_label: string | number; output_probability: number[] };
  servedBy: { version: number };
}

describeWith('the Python clients', 'PYTHON_CLIENTS', 'models from elsewhere, served unchanged', () => {
  describeWith('real data', 'DATA_DIR', 'as scikit-learn made them', () => {
    describeWith('PostgreSQL', 'DATABASE_URL', 'through the whole house', () => {
      const dir = mkdtempSync(join(tmpdir(), 'vinaigrette-examples-'));
      const cleanUp: (() => unknown)[] = [() => rmSync(dir, { recursive: true, force: true })];
      let house: House;

      beforeAll(async () => {
        const database = await createDatabase(process.env.DATABASE_URL as string);
        cleanUp.push(database.drop);
        house = await House.open({ databaseUrl: database.url });
        cleanUp.push(() => house.close());
      }, 120_000);
      afterAll(async () => {
        for (const clean of cleanUp.reverse()) await clean();
      }, 60_000);

      /** Trains as the README of the examples says, registers the result, and answers with what it should say. */
      const serve = async (model: string, script: string, ...words: string[]): Promise<Expected> => {
        const outDir = join(dir, [model, ...words].join('-').replaceAll('/', '_'));
        const python = join(process.env.PYTHON_CLIENTS as string, 'mlflow/bin/python');
        await promisify(execFile)(python, [join(EXAMPLES, script), ...words, outDir], { cwd: EXAMPLES });
        await house.vinaigrette('models', 'push', outDir, '--name', model, '--alias', 'champion', '--reason', 'try it');
        return JSON.parse(await readFile(join(outDir, 'expected.json'), 'utf8')) as Expected;
      };

      const putUseCase = async (model: string) => {
        const file = join(dir, `${model}.json`);
        writeFileSync(file, JSON.stringify({ kind: 'prediction', model, budgetMs: 30_000 }));
        await house.vinaigrette(
          'documents',
          'put',
          'use-case',
          model,
          file,
          '--alias',
          'champion',
          '--reason',
          'try it',
        );
      };

      const ask = (useCase: string, inputs: object) =>
        call<Answer>(`${house.gatewayUrl}/v1/predictions/${useCase}`, { inputs });

      const expectTheSame = async (model: string, version: number, { rows, labels, probabilities }: Expected) => {
        await eventually(
          `serving version ${version}`,
          () => ask(model, rows[0] as object),
          ({ status, body }) => status === 200 && body.servedBy.version === version,
        );
        for (const [row, inputs] of rows.entries()) {
          const { status, body, text } = await ask(model, inputs);
          expect({ row, status, text: status === 200 ? '' : text }).toEqual({ row, status: 200, text: '' });
          expect(body.outputs.output_label).toBe(labels[row]);
          const gaps = (probabilities[row] as number[]).map(
            (p, k) => p - (body.outputs.output_probability[k] as number),
          );
          expect(Math.max(...gaps.map(Math.abs))).toBeLessThan(TOLERANCE);
        }
      };

      it('titanic: a pipeline with missing values, PCA and a ZipMap', async () => {
        const titanic = join(process.env.DATA_DIR as string, 'titanic/titanic.csv');
        const expected = await serve('titanic', 'titanic.py', titanic);
        expect(expected.accuracy).toBeGreaterThan(0.75);
        expect(expected.rows.some(({ Age }) => Age === null)).toBe(true);
        await putUseCase('titanic');
        await expectTheSame('titanic', 1, expected);
      }, 180_000);

      it('digits: a small network on images', async () => {
        const expected = await serve('digits', 'digits.py');
        expect(expected.accuracy).toBeGreaterThan(0.95);
        await putUseCase('digits');
        await expectTheSame('digits', 1, expected);
      }, 180_000);

      it('sentiment: a forest, then a network in its place by moving an alias, with nothing else touched', async () => {
        const forest = await serve('sentiment', 'sentiment.py', 'forest');
        await putUseCase('sentiment');
        await expectTheSame('sentiment', 1, forest);
        const network = await serve('sentiment', 'sentiment.py', 'network');
        await expectTheSame('sentiment', 2, network);
        expect(Math.min(forest.accuracy, network.accuracy)).toBeGreaterThan(0.9);
        await house.vinaigrette('models', 'alias', 'sentiment', 'champion', '1', '--reason', 'the way back');
        await expectTheSame('sentiment', 1, forest);
      }, 240_000);
    });
  });
});
