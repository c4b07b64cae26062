import { once } from 'node:events';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { trainInsurance } from '@vinaigrette/insurance';
import { Client } from 'pg';
import { describeWith } from '../../tools/real-part.mjs';
import { createDatabase } from './database.js';
import { eventually, House } from './house.js';

const ROWS = 60_000;

/** Sixty thousand people; charges grow with age, and the rules let nobody under 18 and none above 10,000 through. */
function people(): string {
  const regions = ['northeast', 'northwest', 'southeast', 'southwest'];
  const lines = Array.from({ length: ROWS }, (_, n) => {
    const mixed = Math.imul(n + 1, 2_654_435_761) >>> 8;
    const [age, bmi] = [18 + (mixed % 47), 18 + (mixed % 3_001) / 100];
    const smoker = mixed % 11 < 2 ? 'yes' : 'no';
    const charges = 250 * age + 320 * bmi + (smoker === 'yes' ? 24_000 : 0);
    return `p${n},${age},${mixed % 13 < 6 ? 'male' : 'female'},${bmi},${mixed % 6},${smoker},${regions[(mixed % 17) & 3]},${charges}`;
  });
  return `id,age,sex,bmi,children,smoker,region,charges\n${lines.join('\n')}\n`;
}

const cells = (file: string): string[][] =>
  readFileSync(file, 'utf8')
    .trimEnd()
    .split('\n')
    .map((line) => line.split(','));

describeWith('PostgreSQL', 'DATABASE_URL', 'a table, answered over night', () => {
  let house: House;
  let drop: () => Promise<void>;
  let shop: Client;
  let input: string;
  const at = (name: string) => join(house.dir, name);
  const champion = (reason: string) => ['--alias', 'champion', '--reason', reason];
  const put = async (kind: string, name: string, body: object) => {
    writeFileSync(at(`${name}.json`), JSON.stringify(body));
    await house.vinaigrette('documents', 'put', kind, name, at(`${name}.json`), ...champion('first'));
  };
  const score = (...words: string[]) => ['batch', 'score', '--use-case', 'quote', ...words];
  /** Starts the command, and ends it as a power cut would once some of its rows are promised. */
  const cutOff = async (words: string[], begun: () => Promise<boolean> | boolean) => {
    const { child, output } = house.launch(...words);
    const ended = once(child, 'exit');
    let over = false;
    void ended.then(() => (over = true));
    await eventually('begun', async () => over || begun(), Boolean);
    if (over) throw new Error(`The batch was over before it could be cut off:\n${output()}`);
    child.kill('SIGKILL');
    await ended;
    return output();
  };

  beforeAll(async () => {
    const database = await createDatabase(process.env.DATABASE_URL as string);
    drop = database.drop;
    house = await House.open({ databaseUrl: database.url, environment: { SHOP_DATABASE_URL: database.url } });
    shop = new Client({ connectionString: database.url });
    await shop.connect();
    input = at('people.csv');
    writeFileSync(input, people());
    writeFileSync(
      at('training.csv'),
      people()
        .replace(/^[^,]*,/gm, '')
        .split('\n')
        .slice(0, 1_501)
        .join('\n'),
    );
    await trainInsurance({ input: at('training.csv'), outDir: at('version') });
    await house.vinaigrette('models', 'push', at('version'), '--name', 'insurance', ...champion('first'));
    await put('use-case', 'quote', { kind: 'prediction', model: 'insurance' });
    const ready = `http://127.0.0.1:${house.ports.modelServerHttp}/v2/models/insurance/ready`;
    await eventually(
      'ready',
      () => fetch(ready),
      ({ status }) => status === 200,
    );
  }, 300_000);
  afterAll(async () => {
    await shop?.end();
    await house?.close();
    await drop?.();
  }, 60_000);

  it('has each row once and in order after kill -9, as if nothing had happened', async () => {
    const [whole, cut] = [at('whole.csv'), at('cut.csv')];
    await house.vinaigrette(...score('--input', input, '--output', whole, '--outputs', 'charges'));
    const words = score(
      '--input',
      input,
      '--output',
      cut,
      '--outputs',
      'charges',
      '--rows-at-a-time',
      '2', // thirty thousand calls one by one: far longer than the second between two checkpoints, on any machine
      '--calls',
      '1',
    );
    await cutOff(words, () => existsSync(`${cut}.checkpoint.json`));
    expect(existsSync(cut)).toBe(false);
    const told = await house.vinaigrette(...score('--input', input, '--output', cut, '--outputs', 'charges'));
    expect(Number(/goes on after row (\d+)/.exec(told)?.[1])).toBeGreaterThan(0);
    const [expected, found] = [whole, cut].map((file) => cells(file).map((row) => row.slice(0, 2)));
    expect(found).toHaveLength(ROWS + 1);
    expect(found).toEqual(expected);
    expect([existsSync(`${cut}.partial`), existsSync(`${cut}.checkpoint.json`)]).toEqual([false, false]);
  }, 240_000);

  it('commits rows and the checkpoint that counts them together, in a table', async () => {
    const words = score('--input', input, '--output', 'quotes', '--key', 'id', '--outputs', 'charges');
    const rows = async () => {
      const { rows } = await shop.query('SELECT count(*)::int AS n, count(DISTINCT id)::int AS ids FROM quotes');
      return rows[0] as { n: number; ids: number };
    };
    await cutOff([...words, '--rows-at-a-time', '8', '--calls', '2'], async () => (await rows()).n > 0);
    const { rows: kept } = await shop.query(`SELECT checkpoint->'position'->'rows' AS n FROM vinaigrette_batches`);
    expect(kept).toEqual([{ n: (await rows()).n }]);
    expect(await house.vinaigrette(...words)).toContain('goes on after row');
    expect(await rows()).toEqual({ n: ROWS, ids: ROWS });
    expect((await shop.query('SELECT 1 FROM vinaigrette_batches')).rowCount).toBe(0);
  }, 240_000);

  it('reads a query after the last key it has scored', async () => {
    await shop.query(
      `CREATE TABLE insured AS SELECT g AS id, 20 + g % 40 AS age, 25.5 AS bmi, 1 AS children, 'male' AS sex, 'no' AS smoker,
         'northeast' AS region FROM generate_series(1, 20000) g`,
    );
    const words = score('--input', 'SELECT * FROM insured', '--key', 'id', '--output', 'insured_quotes');
    const n = async () => (await shop.query('SELECT count(*)::int AS n FROM insured_quotes')).rows[0].n as number;
    await cutOff([...words, '--rows-at-a-time', '8', '--calls', '2'], async () => (await n()) > 0);
    await house.vinaigrette(...words);
    expect(await n()).toBe(20_000);
  }, 240_000);

  it('goes on with the versions it was begun with, and refuses to go on with other rows', async () => {
    const output = at('pinned.csv');
    const words = score('--input', input, '--output', output, '--outputs', 'charges');
    await cutOff([...words, '--rows-at-a-time', '2', '--calls', '1'], () => existsSync(`${output}.checkpoint.json`));
    await put('use-case', 'quote', { kind: 'prediction', model: 'insurance', budgetMs: 77 });
    writeFileSync(at('others.csv'), people());
    const other = score('--input', at('others.csv'), '--output', output, '--outputs', 'charges');
    await expect(house.vinaigrette(...other)).rejects.toThrow('BATCH_CHANGED');
    expect(await house.vinaigrette(...words)).toContain('use case quote 1,');
    const versions = new Set(
      cells(output)
        .slice(1)
        .map((row) => row[4]),
    );
    expect(versions).toEqual(new Set(['1']));
    await expect(house.vinaigrette(...words)).rejects.toThrow('BATCH_OUTPUT_TAKEN');
  }, 240_000);

  it('tells which rows have no answer and answers the others by the rules, into Parquet', async () => {
    await put('rule-set', 'bounds', {
      fields: { inputs: { age: 'number' } },
      rules: [
        { id: 'adults', action: 'refuse', message: 'Adults only', when: { if: 'inputs.age < 18.0' } },
        { id: 'ceiling', action: 'clamp', output: 'charges', max: 10_000 },
      ],
    });
    const ruled = { kind: 'prediction', model: 'insurance', ruleSet: 'bounds', fields: { age: 'number' } };
    await put('use-case', 'quote', ruled);
    const [head = '', ...lines] = people().split('\n').slice(0, 301);
    lines[4] = lines[4]!.replace(/^p4,\d+/, 'p4,12');
    lines[9] = lines[9]!.replace(/^p9,\d+/, 'p9,old');
    lines[14] = 'p14,too,few';
    writeFileSync(at('some.csv'), `${[head, ...lines].join('\n')}\n`);
    const told = await house.vinaigrette(
      ...score('--input', at('some.csv'), '--output', at('some.parquet'), '--key', 'id'),
    );
    expect(told).toContain('3 rows have no answer');
    const rejects = readFileSync(`${at('some.parquet')}.rejects.csv`, 'utf8');
    expect(rejects).toMatch(/row 5,REFUSED_BY_RULE,.*Adults only/);
    expect(rejects).toMatch(/row 10,SIGNATURE_MISMATCH,column age holds no number: old/);
    expect(rejects).toMatch(/line 16,FILE_UNREADABLE,/);
    const sums = `SELECT count(*)::INT AS n, max(charges) AS most, sum((fired_rules::VARCHAR = '["ceiling"]')::INT)::INT AS capped,
      sum((charges = 10000)::INT)::INT AS at_most, min(rule_set_version)::INT AS rules FROM '${at('some.parquet')}'`;
    await house.vinaigrette('data', 'export', '--sql', sums, '--out', at('sums.json'));
    const { capped, ...others } = JSON.parse(readFileSync(at('sums.json'), 'utf8').trim());
    expect(others).toEqual({ n: 297, most: 10_000, at_most: capped, rules: 1 });
    expect(capped).toBeGreaterThan(0);
  }, 240_000);
});
