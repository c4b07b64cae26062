import { randomBytes } from 'node:crypto';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createClient, type Client } from '@connectrpc/connect';
import { createGrpcTransport } from '@connectrpc/connect-node';
import { RegistryService } from '@vinaigrette/contracts/registry';
import { buildBaseline } from '@vinaigrette/drift';
import pg from 'pg';
import { describeWith } from '../../tools/real-part.mjs';
import { residentBytes, runProgram, startService, stopService, type RunningService } from './mlflow/processes.js';
import { RecordingProxy } from './mlflow/recording-proxy.js';

const PROGRAM_TIMEOUT_MS = 180_000;
const LARGE_MB = 128;
const RECORDING = new URL('./mlflow/calls.txt', import.meta.url);

describeWith('the Python clients', 'PYTHON_CLIENTS', "MLflow's own client, unmodified", () => {
  describeWith('PostgreSQL', 'DATABASE_URL', 'against a real registry', () => {
    let folder: string;
    let database: string;
    let registry: RunningService;
    let modelServer: RunningService | undefined;
    let proxy: RecordingProxy;
    let client: Client<typeof RegistryService>;

    beforeAll(async () => {
      folder = await mkdtemp(join(tmpdir(), 'vinaigrette-mlflow-'));
      database = `vinaigrette_proof_${randomBytes(4).toString('hex')}`;
      await sql(`CREATE DATABASE ${database}`);
      const url = new URL(process.env.DATABASE_URL as string);
      url.pathname = database;
      registry = await startService('registry', {
        DATABASE_URL: url.href,
        ARTIFACT_DIR: join(folder, 'artifacts'),
        REGISTRY_HTTP_PORT: '0',
        REGISTRY_GRPC_PORT: '0',
      });
      proxy = await RecordingProxy.to(registry.http);
      client = createClient(RegistryService, createGrpcTransport({ baseUrl: `http://127.0.0.1:${registry.grpcPort}` }));
    }, 90_000);
    afterAll(async () => {
      proxy?.close();
      if (modelServer) await stopService(modelServer);
      if (registry) await stopService(registry);
      await sql(`DROP DATABASE IF EXISTS ${database} WITH (FORCE)`);
      await rm(folder, { recursive: true, force: true });
    }, 30_000);

    const run = (program: string, ...words: string[]) =>
      runProgram(program, words, { MLFLOW_TRACKING_URI: proxy.url, TMPDIR: folder });

    it(
      'keeps experiments, runs, metrics with history and tags, and finds them again',
      async () => {
        expect(await run('tracking.py')).toEqual({
          deleted: 'deleted',
          experiment: [true, { team: 'pricing', stage: 'trial' }, 'active'],
          experiments: ['prices'],
          allExperiments: ['Default', 'prices', 'returned goods'],
          codes: {
            'same name': 'RESOURCE_ALREADY_EXISTS',
            'no experiment': 'RESOURCE_DOES_NOT_EXIST',
            'no run': 'RESOURCE_DOES_NOT_EXIST',
            'bad filter': 'INVALID_PARAMETER_VALUE',
            or: 'INVALID_PARAMETER_VALUE',
            'bad page token': 'INVALID_PARAMETER_VALUE',
          },
          run: ['parent', 'FINISHED', 'ridge', 'pricing', 6000],
          metrics: { inf: 'inf', minus: '-inf', nan: 'nan', rmse: '5.1' },
          history: [
            [48, 5.2],
            [49, 5.1],
          ],
          datasets: [['sales', 'training']],
          changed: 'INVALID_PARAMETER_VALUE',
          unchanged: null,
          batch: [100, 993],
          batchRun: ['FAILED', false],
          searches: {
            number: ['grid 4', 'grid 3'],
            text: ['grid 2'],
            'quoted key': ['grid 1'],
            like: ['grid 0', 'grid 1'],
            ilike: ['parent'],
            status: ['batch'],
            list: ['batch'],
            dataset: ['parent'],
            null: 5,
            injection: [],
            order: ['grid 4', 'grid 3', 'grid 2', 'grid 1', 'grid 0'],
          },
          pages: [['0', '1'], ['2', '3'], ['4']],
          deletedRuns: ['batch'],
          logToDeleted: 'INVALID_PARAMETER_VALUE',
          frame: true,
        });
      },
      PROGRAM_TIMEOUT_MS,
    );

    it(
      `keeps artefacts, lists them and gives them back; ${LARGE_MB} MB stream through without being held`,
      async () => {
        const pid = registry.process.pid as number;
        const before = await residentBytes(pid);
        let most = before;
        let over = false;
        const watching = (async () => {
          while (!over) {
            most = Math.max(most, await residentBytes(pid));
            await sleep(20);
          }
        })();
        const said = await run('artifacts.py', String(LARGE_MB)).finally(() => (over = true));
        await watching;
        expect(said).toEqual({
          lists: {
            root: [
              ['many', true],
              ['notes', true],
            ],
            notes: [
              ['notes/a b.txt', false, 9],
              ['notes/deep', true, null],
              ['notes/empty.txt', false, 0],
            ],
            file: [],
            'by uri': ['deep/recipe.json'],
          },
          texts: ['olive oil', '', { acid: ['vinegar', 'lemon'] }],
          folder: 20,
          large: true,
        });
        console.log(`registry: ${mb(before)} MB resident before, ${mb(most)} MB at most, for ${LARGE_MB} MB both ways`);
        expect(most - before).toBeLessThan((LARGE_MB * 1024 * 1024) / 2);
      },
      PROGRAM_TIMEOUT_MS,
    );

    it(
      'registers ONNX models as versions of the registry itself, by alias, by stage and by copy',
      async () => {
        const rows = Array.from({ length: 30 }, (_, x) => ({ x: [x], y: [2 * x] }));
        const baseline = buildBaseline([{ name: 'x', kind: 'numeric', from: { kind: 'value', tensor: 'x' } }], rows);
        await writeFile(join(folder, 'baseline.json'), JSON.stringify(baseline));
        expect(await run('onnx_models.py', join(folder, 'baseline.json'))).toEqual({
          versions: ['1', '2'],
          lie: ['INVALID_PARAMETER_VALUE', true],
          wide: 'READY',
          told: ['READY', 'true', true],
          aliases: { champion: '1', canary: '2' },
          loaded: [2, 'linear'],
          predicted: 12,
          'by alias': '1',
          registered: ['1', '1', '1', 'true'],
          stages: ['Production', 'Archived', { champion: '2' }],
          latest: [
            ['Production', '2'],
            ['Archived', '1'],
          ],
          'by stage': 'linear',
          none: {},
          logged: true,
          artifacts: expect.arrayContaining(['MLmodel', 'extra_files', 'model.onnx']),
          model: ['READY', true],
        });
        const { modelVersion } = await client.getModelVersion({ model: 'linear', version: '1' });
        expect(modelVersion).toMatchObject({ version: 1, hasBaseline: true, createdBy: 'mlflow' });
        const paths = modelVersion?.files.map(({ path }) => path);
        expect(paths).toEqual(expect.arrayContaining(['model.onnx', 'golden.json', 'baseline.json', 'MLmodel']));
        const { changes } = await client.listAliasChanges({ subject: { kind: 'model', name: 'linear' } });
        expect(changes.map(({ alias, from, to, actor }) => [alias, from, to, actor])).toEqual([
          ['champion', 2, 0, 'mlflow'],
          ['staging', 2, 0, 'mlflow'],
          ['champion', 1, 2, 'mlflow'],
          ['staging', 0, 2, 'mlflow'],
          ['canary', 2, 0, 'mlflow'],
          ['canary', 0, 2, 'mlflow'],
          ['champion', 0, 1, 'mlflow'],
        ]);
      },
      PROGRAM_TIMEOUT_MS,
    );

    it(
      'has such a version served by the model server, weights beside the graph included',
      async () => {
        await client.setAlias({
          subject: { kind: 'model', name: 'wide' },
          alias: 'champion',
          version: 1,
          actor: 'test',
          reason: 'to serve it',
        });
        modelServer = await startService('model-server', {
          REGISTRY_ADDRESS: `127.0.0.1:${registry.grpcPort}`,
          MODEL_SERVER_CACHE_DIR: join(folder, 'model-server'),
          MODEL_SERVER_HTTP_PORT: '0',
          MODEL_SERVER_GRPC_PORT: '0',
        });
        const x = { name: 'x', datatype: 'FP32', shape: [1, 4096], data: new Array<number>(4096).fill(2) };
        const [y] = await answered(modelServer.http, 'wide', [x]);
        expect(y?.data.slice(0, 2)).toEqual([10, 10]);
      },
      PROGRAM_TIMEOUT_MS,
    );

    it(
      'loads what was registered without MLflow',
      async () => {
        const { modelVersion } = await client.getModelVersion({ model: 'linear', version: '1' });
        const files = modelVersion?.files.filter(({ path }) => path === 'model.onnx') ?? [];
        await client.registerVersion({ model: 'native', files, actor: 'test', description: '' });
        expect(await run('load.py', 'models:/native/1')).toEqual(['y']);
      },
      PROGRAM_TIMEOUT_MS,
    );

    it(
      'keeps scikit-learn models without serving them, and says what to do',
      async () => {
        expect(await run('sklearn_models.py')).toEqual({
          autologged: true,
          kept: ['READY', 'false', true],
          'given back': 4,
          converted: ['2', 'true'],
          refused: ['INVALID_PARAMETER_VALUE', true],
          'other name': 'false',
          aliases: { challenger: '1', champion: '2' },
        });
        const { models } = await client.listModels({});
        expect(models.find(({ name }) => name === 'regression')).toMatchObject({ aliases: { champion: 2 } });
      },
      PROGRAM_TIMEOUT_MS,
    );

    it(
      "keeps registered models and answers errors in MLflow's codes",
      async () => {
        expect(await run('registry.py')).toEqual({
          model: ['number 0', { team: 'even' }, ['3']],
          updated: ['renewed', { tier: 'gold' }],
          version: ['the first', 'yes', false, 'false'],
          searches: {
            name: ['shop-3'],
            like: ['shop-6', 'shop-5', 'shop-4', 'shop-3', 'shop-2', 'shop-1', 'shop-0'],
            ilike: ['shop-1'],
            tag: ['shop-1', 'shop-3', 'shop-5'],
            injection: [],
            run: ['1', '2', '3'],
            'version tag': ['3'],
            newest: ['3', '2', '1'],
            in: ['1', '2', '3'],
          },
          pages: [['shop-0', 'shop-1', 'shop-2'], ['shop-3', 'shop-4', 'shop-5'], ['shop-6']],
          codes: {
            'same name': 'RESOURCE_ALREADY_EXISTS',
            'no model': 'RESOURCE_DOES_NOT_EXIST',
            'no version': 'RESOURCE_DOES_NOT_EXIST',
            'no alias': 'INVALID_PARAMETER_VALUE',
            slash: 'INVALID_PARAMETER_VALUE',
            'bad stage': 'INVALID_PARAMETER_VALUE',
            'bad filter': 'INVALID_PARAMETER_VALUE',
            'bad order': 'INVALID_PARAMETER_VALUE',
            'version of no model': 'RESOURCE_DOES_NOT_EXIST',
            'rename to a taken name': 'RESOURCE_ALREADY_EXISTS',
            'alias in use': 'INVALID_PARAMETER_VALUE',
          },
          renamed: 'shop',
          afterDeletion: ['1', '3'],
          nextNumber: '4',
          gone: ['RESOURCE_DOES_NOT_EXIST', []],
        });
      },
      PROGRAM_TIMEOUT_MS,
    );

    describeWith('real data', 'DATA_DIR', 'with a model trained in Python', () => {
      it(
        'serves the challenger of the insurance model, held to its own answers',
        async () => {
          const file = join(process.env.DATA_DIR as string, 'insurance/insurance.csv');
          const program = '../../../models/insurance/python/challenger.py';
          const said = await run(program, file, '--name', 'insurance');
          expect(said).toMatchObject({ version: '1', validation_r2: expect.closeTo(0.84, 1) });
          const { modelVersion } = await client.getModelVersion({ model: 'insurance', version: '1' });
          const signature = JSON.parse(modelVersion?.signatureJson ?? '') as { inputs: { name: string }[] };
          const names = ['age', 'bmi', 'children', 'sex', 'smoker', 'region'];
          expect(signature.inputs.map(({ name }) => name)).toEqual(names);
          expect(modelVersion?.files.map(({ path }) => path)).toContain('golden.json');

          const subject = { kind: 'model', name: 'insurance' };
          await client.setAlias({ subject, alias: 'champion', version: 1, actor: 'test', reason: 'to serve it' });
          const person = [40, 31, 1, 'male', 'yes', 'southwest'];
          const inputs = names.map((name, at) => ({
            name,
            datatype: at < 3 ? 'FP32' : 'BYTES',
            shape: [1, 1],
            data: [person[at]],
          }));
          const [charges] = await answered((modelServer as RunningService).http, 'insurance', inputs);
          expect(charges?.data[0]).toBeGreaterThan(30_000); // an obese smoker
        },
        PROGRAM_TIMEOUT_MS,
      );
    });

    describe('what it really calls', () => {
      it('is what the recording says', async () => {
        const calls = [...proxy.calls].sort();
        if (process.env.RECORD === 'true') await writeFile(RECORDING, `${calls.join('\n')}\n`);
        expect(calls).toEqual((await readFile(RECORDING, 'utf8')).trim().split('\n'));
      });
    });
  });
});

/** What the model server answers, once it serves the model. */
async function answered(http: string, model: string, inputs: unknown[]): Promise<{ data: unknown[] }[]> {
  for (let tries = 0; ; tries++) {
    const answer = await fetch(`${http}/v2/models/${model}/infer`, {
      method: 'POST',
      body: JSON.stringify({ inputs }),
    });
    if (answer.status === 200) return ((await answer.json()) as { outputs: { data: unknown[] }[] }).outputs;
    if (tries === 600) throw new Error(`${model} is not served: ${await answer.text()}`);
    await sleep(100);
  }
}

async function sql(text: string): Promise<void> {
  const client = new pg.Client({ connectionString: process.env.DATABASE_URL });
  await client.connect();
  try {
    await client.query(text);
  } finally {
    await client.end();
  }
}

const mb = (bytes: number): number => Math.round(bytes / 1024 / 1024);
