import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { describeWith } from '../../tools/real-part.mjs';
import { createDatabase } from './database.js';
import { eventually, House } from './house.js';
import { call } from './shop.js';

const run = promisify(execFile);
const ROOT = fileURLToPath(new URL('../../', import.meta.url));

describeWith('PostgreSQL', 'DATABASE_URL', 'a new model, from nothing', () => {
  const home = join(ROOT, '.vinaigrette', `new-models-${randomBytes(4).toString('hex')}`);
  const dir = join(home, 'comers');
  let house: House;
  let drop: () => Promise<void>;
  beforeAll(async () => {
    const database = await createDatabase(process.env.DATABASE_URL as string);
    drop = database.drop;
    house = await House.open({ databaseUrl: database.url });
  }, 300_000);
  afterAll(async () => {
    await house?.close();
    await drop?.();
    await rm(home, { recursive: true, force: true });
  }, 60_000);

  it('is laid out, trained, registered and served by one command', async () => {
    await house.vinaigrette('models', 'new', 'comers', '--dir', dir, '--launch');
    const inputs = { visits: 25, spent: null, daysSince: 5 };
    const ask = () =>
      call<{ outputs: Record<string, number> }>(`${house.gatewayUrl}/v1/predictions/comers`, { inputs });
    const { body } = await eventually('answering', ask, ({ status }) => status === 200);
    const late = await call<typeof body>(`${house.gatewayUrl}/v1/predictions/comers`, {
      inputs: { visits: 1, spent: 10, daysSince: 360 },
    });
    expect(body.outputs.probability).toBeGreaterThan(0.7);
    expect(late.body.outputs.probability).toBeLessThan(0.3);
  }, 300_000);

  it('is tuned, with every trial as a run in the registry', async () => {
    const registry = `http://127.0.0.1:${house.ports.registryHttp}`;
    const words = ['tune', 'data/sample.csv', '--try', 'penalty=0.1..10', '--trials', '4', '--out', 'parameters.yaml'];
    const { stdout } = await run(process.execPath, ['dist/src/main.js', ...words], {
      cwd: dir,
      env: { ...process.env, MLFLOW_TRACKING_URI: registry },
    });
    expect(stdout).toMatch(/^penalty: [\d.]+\nheldBackEvery: 5\n$/);
    const mlflow = `${registry}/api/2.0/mlflow`;
    const { body } = await call<{ experiment: { experiment_id: string } }>(
      `${mlflow}/experiments/get-by-name?experiment_name=tune-comers`,
    );
    const found = await call<{ runs: { data: { metrics: { key: string; value: number }[] } }[] }>(
      `${mlflow}/runs/search`,
      { experiment_ids: [body.experiment.experiment_id], max_results: 100 },
    );
    expect(found.body.runs).toHaveLength(5); // four on a third of the rows, the best of them on all
    for (const { data } of found.body.runs) expect(data.metrics).toMatchObject([{ key: 'logLikelihood' }]);
  }, 120_000);

  it.each([
    { column: 'returned', value: 'yes', what: 'labels of one class' },
    { column: 'visits', value: '4', what: 'a column that never changes' },
  ])('is not made of $what: it says which, and what to do', async ({ column, value }) => {
    const input = join(home, `${column}.csv`);
    const [names = '', ...rows] = (await readFile(join(dir, 'data/sample.csv'), 'utf8')).trim().split('\n');
    const at = names.split(',').indexOf(column);
    await writeFile(input, [names, ...rows.map((row) => row.split(',').with(at, value).join(','))].join('\n'));
    const words = ['dist/src/main.js', 'train', input, '--out-dir', join(home, column), '--no-cache'];
    await expect(run(process.execPath, words, { cwd: dir })).rejects.toMatchObject({
      code: 1,
      stderr: expect.stringMatching(
        new RegExp(`\\[TRAINING_DATA_INVALID\\] .*${column} is the same in every row.*\\n {2}\\S.+\\n$`),
      ),
    });
  });

  it('is not laid out over another', async () => {
    await expect(house.vinaigrette('models', 'new', 'comers', '--dir', dir)).rejects.toThrow(/NAME_TAKEN/);
  }, 120_000);

  it('lints, and its own tests pass', async () => {
    await run(process.execPath, ['node_modules/eslint/bin/eslint.js', '--max-warnings', '0', dir], { cwd: ROOT });
    // Whoever runs the tests may ask for colours; what is compared is text.
    const { stderr } = await run('npm', ['test'], { cwd: dir, env: { ...process.env, FORCE_COLOR: '0' } });
    expect(stderr).toMatch(/Tests:\s+11 passed, 11 total/);
  }, 300_000);
});
