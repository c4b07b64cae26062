import { execFile } from 'node:child_process';
import { copyFileSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import pg from 'pg';
import { describeWith } from '../../tools/real-part.mjs';
import { createDatabase } from './database.js';
import { eventually, House } from './house.js';
import { call, feedback } from './shop.js';

const ROOT = fileURLToPath(new URL('../', import.meta.resolve('@vinaigrette/proof/package.json')));
const useCase = {
  kind: 'prediction',
  model: 'insurance',
  budgetMs: 20_000,
  segments: [{ name: 'smoker', from: 'inputs.smoker' }],
  fields: { smoker: 'text' },
};
const performance = { model: 'insurance', task: { kind: 'regression', output: 'charges' } };
const policy = { metrics: [{ metric: 'mae', validationSet: 'june', better: 'lower' }] };
const person = (age: number, smoker: 'yes' | 'no') => ({
  age,
  sex: 'male',
  bmi: 30,
  children: 1,
  smoker,
  region: 'southwest',
});

describeWith('real data', 'DATA_DIR', 'where a version comes from', () => {
  describeWith('PostgreSQL', 'DATABASE_URL', 'and what it is held to', () => {
    let house: House;
    let databaseUrl: string;
    let drop: () => Promise<void>;
    let sales: string;

    const put = async (kind: string, name: string, body: object) => {
      const file = join(house.dir, `${kind}.json`);
      writeFileSync(file, JSON.stringify(body));
      await house.vinaigrette('documents', 'put', kind, name, file, '--alias', 'champion', '--reason', 'first');
    };
    const train = (outDir: string, ...words: string[]) => trainOn(sales, outDir, ...words);
    const trainOn = async (source: string, outDir: string, ...words: string[]) => {
      const program = join(ROOT, 'models/insurance/dist/src/main.js');
      await promisify(execFile)('node', [program, 'train', source, '--no-cache', '--out-dir', outDir, ...words]);
    };

    beforeAll(async () => {
      const database = await createDatabase(process.env.DATABASE_URL as string);
      ({ url: databaseUrl, drop } = database);
      house = await House.open({ databaseUrl: database.url });
      sales = join(house.dir, 'insured.csv');
      copyFileSync(join(process.env.DATA_DIR ?? '', 'insurance/insurance.csv'), sales);
      await train(join(house.dir, 'v1'));
      await train(join(house.dir, 'v2'), '--set', 'ridge=20000');
    }, 300_000);
    afterAll(async () => {
      await house?.close();
      await drop?.();
    }, 60_000);

    it('is known both ways, from the data to the version and back', async () => {
      const added = await house.vinaigrette('data', 'add', sales, '--name', 'insured');
      const [digest = ''] = /[0-9a-f]{64}/.exec(added) ?? [];
      await house.vinaigrette(
        'models',
        'push',
        join(house.dir, 'v1'),
        '--name',
        'insurance',
        '--alias',
        'champion',
        '--reason',
        'the first',
      );
      const pushed = await house.vinaigrette('models', 'push', join(house.dir, 'v2'), '--name', 'insurance');
      expect(pushed).toContain('1 -> 2 is compatible');
      const lineage = await house.vinaigrette('models', 'lineage', 'insurance@champion');
      expect(lineage).toContain(`insured.csv ${digest}, 1338 rows`);
      expect(lineage).toMatch(/metric +r2 0\.84/);
      expect(lineage).toMatch(/metric +of smoker=yes \(\d+ rows\)/);
      expect(await house.vinaigrette('models', 'from', '--data', digest)).toMatch(/insurance +2[^]*insurance +1/);
      expect(await house.vinaigrette('models', 'from', '--data', 'a'.repeat(64))).toContain('No version came of it');
    }, 120_000);

    it('trained again from its data, code and parameters gives the very same files', async () => {
      const again = await house.vinaigrette('models', 'reproduce', 'insurance@2', '--any-code');
      expect(again).toContain('insurance 2 is reproduced');
      expect(again).toMatch(/model\.onnx +same/);
      const otherData = join(house.dir, 'other.csv');
      writeFileSync(otherData, 'age\n1\n');
      await expect(house.vinaigrette('models', 'reproduce', 'insurance@2', '--data', otherData)).rejects.toThrow(
        'SHA-256',
      );
    }, 120_000);

    it('is trained again from the rows of a database, and not from others', async () => {
      const [header = '', ...rows] = readFileSync(sales, 'utf8').trim().split(/\r?\n/);
      const client = new pg.Client({ connectionString: databaseUrl });
      await client.connect();
      try {
        await client.query(`CREATE TABLE public.insured (${header.replaceAll(',', ' text,')} text)`);
        const values = rows.map((row) => `('${row.replaceAll(',', "','")}')`);
        await client.query(`INSERT INTO public.insured VALUES ${values.join(',')}`);
        await trainOn(databaseUrl, join(house.dir, 'v3'), '--table', 'public.insured', '--set', 'ridge=3');
        await house.vinaigrette('models', 'push', join(house.dir, 'v3'), '--name', 'insured');
        const reproduce = (...words: string[]) =>
          house.vinaigrette('models', 'reproduce', 'insured@1', '--any-code', ...words);
        const { host, pathname } = new URL(databaseUrl);
        const named = `postgres://${host}${pathname} public.insured`;
        expect(await house.vinaigrette('models', 'lineage', 'insured@1')).toContain(`data         ${named}`);
        await expect(reproduce()).rejects.toThrow(`It was trained on ${named}`);
        expect(await reproduce('--data', databaseUrl)).toContain('insured 1 is reproduced');
        await client.query("DELETE FROM public.insured WHERE age = '19'");
        await expect(reproduce('--data', databaseUrl)).rejects.toThrow(
          /public\.insured has changed since: it gave 1338 rows of SHA-256 \w{64}, and gives \d+ rows/,
        );
      } finally {
        await client.end();
      }
    }, 120_000);

    it('brought from elsewhere has golden answers and a baseline made of its own data', async () => {
      const graph = join(house.dir, 'v1/model.onnx');
      const bring = (...words: string[]) =>
        house.vinaigrette('models', 'import', graph, '--name', 'bill', '--data', sales, ...words);
      const brought = await bring('--ignore', 'charges', '--out', join(house.dir, 'bill'));
      expect(brought).toContain('bill 1 is registered');
      expect(brought).not.toContain('without a baseline');
      const baseline = JSON.parse(readFileSync(join(house.dir, 'bill/baseline.json'), 'utf8')) as {
        rows: number;
        features: { name: string; kind: string }[];
      };
      expect(baseline.rows).toBe(1_338);
      expect(baseline.features.map(({ name, kind }) => `${name} ${kind}`)).toEqual(
        expect.arrayContaining(['age numeric', 'smoker categorical', 'charges numeric']),
      );
      await expect(bring('--ignore', 'charges', 'age')).rejects.toThrow(/IMPORT_DATA_INVALID.*age/);
    }, 120_000);

    it('is judged on a set drawn from what was predicted and what came of it, and gated by it', async () => {
      await put('use-case', 'bill', useCase);
      await put('performance', 'bill', performance);
      const url = `${house.gatewayUrl}/v1/predictions/bill`;
      const ask = (body: object) => call<{ predictionId: string; outputs: { charges: number } }>(url, body);
      await eventually(
        'answering',
        () => ask({ inputs: person(30, 'no') }),
        ({ status }) => status === 200,
      );
      const ids: string[] = [];
      for (let age = 20; age < 50; age++) {
        const { body } = await ask({ inputs: person(age, age % 10 === 0 ? 'yes' : 'no') });
        ids.push(body.predictionId);
        await feedback(house, { predictionId: body.predictionId, kind: 'label', value: body.outputs.charges + 100 });
      }
      const build = () =>
        house.vinaigrette(
          'validation',
          'build',
          'june',
          '--model',
          'insurance',
          '--since',
          '1d',
          '--reason',
          'monthly',
        );
      const built = await eventually(
        'drawn',
        () => build().catch((error: Error) => error.message),
        (text) => text.includes('june: 30 rows'),
      );
      expect(built).toMatch(/smoker=yes +3/);
      await put('promotion-policy', 'insurance', policy);
      const promote = () => house.vinaigrette('models', 'alias', 'insurance', 'champion', '2', '--reason', 'try');
      await expect(promote()).rejects.toThrow('GATE_NOT_PASSED');
      const first = await house.vinaigrette('models', 'evaluate', 'insurance@1', '--set', 'june');
      expect(first).toMatch(/all +30 +100\.000/);
      await house.vinaigrette('models', 'evaluate', 'insurance@2', '--set', 'june');
      await expect(promote()).rejects.toThrow('metric mae on june');

      const incident = ['--id', 'too-dear', '--says', 'charged twice', '--metric', 'mae', '--at-most', '50'];
      const kept = await house.vinaigrette(
        'models',
        'incident',
        'insurance',
        ...incident,
        '--predictions',
        ids.slice(0, 3).join(','),
      );
      expect(kept).toContain('too-dear asks 3 of 3 predictions again');
      await house.vinaigrette('models', 'evaluate', 'insurance@1', '--set', 'case-too-dear');
      await expect(promote()).rejects.toThrow('case too-dear');
    }, 180_000);
  });
});
