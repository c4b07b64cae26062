import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { describeWith } from '../../tools/real-part.mjs';
import { createDatabase } from './database.js';
import { demoVersion } from './demo-version.js';
import { furnish } from './furnish.js';
import { eventually, House } from './house.js';
import { call, feedback, queryOf, recommend } from './shop.js';

const HALF_AN_HOUR_MS = 30 * 60_000;

interface Action {
  kind: string;
  version: number;
  state: string;
  why: string;
  answer: string;
}

describeWith('PostgreSQL', 'DATABASE_URL', 'the monitor acts on the registry', () => {
  let house: House;
  const cleanUp: (() => unknown)[] = [];
  let customer = 0;

  beforeAll(async () => {
    const makings = [createDatabase(process.env.DATABASE_URL as string), demoVersion(), demoVersion(0.6)] as const;
    const [database, first, second] = await Promise.all(makings);
    cleanUp.push(database.drop, first.remove, second.remove);
    house = await House.open({
      databaseUrl: database.url,
      environment: { MONITOR_OPERATOR_KEY: 'the operators of a test' },
    });
    cleanUp.push(() => house.close());
    await furnish(house, first.dir);
    await house.vinaigrette('models', 'push', second.dir, '--name', 'basket');
  }, 480_000);
  afterAll(async () => {
    for (const clean of cleanUp.reverse()) await clean();
  }, 120_000);

  const put = async (kind: string, name: string, body: object) => {
    const file = join(house.dir, `${kind}-${name}.json`);
    writeFileSync(file, JSON.stringify(body));
    await house.vinaigrette('documents', 'put', kind, name, file, '--alias', 'champion', '--reason', 'to see');
  };
  const guard = (action: string) =>
    put('performance', 'basket', {
      model: 'basket',
      task: { kind: 'ranking' },
      guard: { measure: 'hitRateAt5', floor: 0.5, labelledMin: 30, windows: 1, action },
    });
  const champion = async (version: number) => {
    const words = ['models', 'alias', 'basket', 'champion', String(version), '--reason', 'to see'];
    await house.vinaigrette(...words);
    await answeredBy(version);
  };
  const ask = (basket = ['milk']) => {
    const occurredAt = new Date(Date.now() - HALF_AN_HOUR_MS).toISOString();
    return recommend(house, { basket, customer: { id: `c-${customer++}` }, occurredAt });
  };
  const answeredBy = (version: number) =>
    eventually(
      `answered by ${version}`,
      () => ask(),
      ({ servedBy }) => servedBy.version === version,
    );
  /** Forty customers of a version buy what they were not shown. */
  const disappoint = async (version: number) => {
    const answers = (await Promise.all(Array.from({ length: 80 }, () => ask()))).filter(
      ({ servedBy }) => servedBy.version === version && servedBy.fallback === null,
    );
    expect(answers.length).toBeGreaterThanOrEqual(30);
    for (const { predictionId } of answers) {
      await feedback(house, { predictionId, kind: 'purchased', skus: ['something-else'] });
    }
    await eventually(
      'labelled',
      () => call<{ coverage: { labelled: number } }>(`${house.monitorUrl}/v1/measures?${always(version)}`),
      ({ body }) => body.coverage?.labelled >= answers.length,
    );
  };
  const always = (version: number) =>
    queryOf({ model: 'basket', version, from: Date.now() - 86_400_000, to: Date.now() + 300_000 });
  /** The monitor judges once a pane; one that has just been started has not judged this one. */
  const judgeNow = async () => {
    await house.kill('drift-monitor', 'SIGTERM');
    await house.start('drift-monitor');
  };
  const actions = async () => (await call<{ actions: Action[] }>(`${house.monitorUrl}/v1/actions`)).body.actions;
  const actionsOf = (kind: string) => async () => (await actions()).filter((action) => action.kind === kind);
  const holder = async () => {
    const list = await house.vinaigrette('models', 'history', 'basket');
    return list.split('\n');
  };

  it('only says what it would do while it is told to try', async () => {
    await champion(2);
    await guard('dry-run');
    await disappoint(2);
    await judgeNow();
    const [would] = await eventually('decided', actionsOf('roll-back'), (found) => found.length === 1);
    expect(would).toMatchObject({
      version: 2,
      state: 'dry-run',
      answer: '',
      why: expect.stringContaining('hitRateAt5'),
    });
    expect((await ask()).servedBy.version).toBe(2);
  }, 240_000);

  it('takes back a champion that is proved bad, and the registry says who did it and why', async () => {
    await guard('act');
    await judgeNow();
    await answeredBy(1);
    const done = await eventually('done', actionsOf('roll-back'), (all) => all.some(({ state }) => state === 'done'));
    expect(done.find(({ state }) => state === 'done')).toMatchObject({ version: 2, answer: 'basket champion: 2 -> 1' });
    const line = (await holder()).find((text) => text.includes('drift-monitor'));
    expect(line).toContain('hitRateAt5');
    expect(await house.vinaigrette('drift', 'actions', 'basket')).toContain('basket champion: 2 -> 1');
  }, 240_000);

  it('takes a version back once: whoever wants it again gets it', async () => {
    await champion(2);
    await judgeNow();
    await eventually('judged again', actions, (found) => found.length >= 2);
    await new Promise((resolve) => setTimeout(resolve, 7_000));
    expect((await actions()).filter(({ state }) => state === 'done')).toHaveLength(1);
    expect((await ask()).servedBy.version).toBe(2);
  }, 240_000);

  it('ends the trial of a candidate that is proved bad', async () => {
    await champion(1);
    const words = ['rollouts', 'start', 'basket', '2', '--steps', '50,100', '--reason', 'once more'];
    const rollout = (await house.vinaigrette(...words)).split(':')[0] as string;
    await eventually(
      'tried',
      async () => Promise.all(Array.from({ length: 20 }, () => ask())),
      (told) => told.some(({ servedBy }) => servedBy.version === 2),
    );
    await judgeNow();
    const list = await eventually(
      'given up',
      () => house.vinaigrette('rollouts', 'list', '--all'),
      (text) => text.includes('canary aborted'),
    );
    expect(list.split('\n').find((line) => line.startsWith(rollout))).toContain('canary aborted');
    expect(await actions()).toContainEqual(expect.objectContaining({ kind: 'verdict', version: 2, state: 'done' }));
    await answeredBy(1);
  }, 240_000);

  it('hides a dead rule by one command, and the alias leads back', async () => {
    const text = await house.vinaigrette('drift', 'rules', 'basket', '--model-version', '1');
    const shown = (await ask()).items[0]?.sku as string;
    const [, rule] = new RegExp(`^(\\d+) +[a-z]+ +milk -> ${shown} `, 'm').exec(text) ?? [];
    expect(rule).toBeDefined();
    const hide = ['drift', 'hide-rule', 'basket', rule as string, '--model-version', '1', '--reason', 'nobody buys it'];
    const nobody = { MONITOR_OPERATOR_KEY: 'somebody who is no operator' };
    await expect(house.vinaigretteWith(nobody, ...hide)).rejects.toThrow('KEY_REFUSED');
    expect(await house.vinaigrette(...hide)).toMatch(new RegExp(`^milk -> ${shown} is hidden by shop 2`));
    expect(await house.vinaigrette(...hide)).toContain('already');
    const hidden = (items: { sku: string }[]) => !items.some(({ sku }) => sku === shown);
    await eventually(
      'hidden',
      () => ask(),
      ({ items }) => hidden(items),
    );
    await house.vinaigrette('documents', 'rollback', 'rule-set', 'shop', '--reason', 'they do');
    await eventually(
      'shown again',
      () => ask(),
      ({ items }) => !hidden(items),
    );
  }, 240_000);

  it('lists what is worth a label, and takes labels in from a file', async () => {
    const list = await house.vinaigrette('labels', 'list', 'basket', '--model-version', '1', '--most', '3', '--json');
    const ids = list
      .trim()
      .split('\n')
      .map((line) => (JSON.parse(line) as { prediction_id: string }).prediction_id);
    expect(ids).toHaveLength(3);
    const file = join(house.dir, 'labels.csv');
    writeFileSync(file, ['prediction_id,label', ...ids.map((id) => `${id},yes`), 'no-such,1', ''].join('\n'));
    const told = await house.vinaigrette('labels', 'import', file, '--source', 'a test');
    expect(told).toContain('4 labels are taken in; the archive does not hold the prediction of 1 (yet)');
    const more = await house.vinaigrette(
      'labels',
      'list',
      'basket',
      '--model-version',
      '1',
      '--most',
      '1000',
      '--json',
    );
    for (const id of ids) expect(more).not.toContain(id);
  }, 240_000);

  it('tells every figure by command also when nothing is wrong', async () => {
    const of = ['basket', '--model-version', '1'];
    expect(await house.vinaigrette('drift', 'measures', ...of)).toContain('hitRateAt5');
    expect(await house.vinaigrette('drift', 'alerts')).toMatch(/basket 1 +[A-Z_]+/);
    expect(await house.vinaigrette('drift', 'looks', ...of)).toContain('24h');
    const file = join(house.dir, 'calmer.yaml');
    writeFileSync(file, 'psi: { warning: 0.5, critical: 0.9 }\n');
    const day = ['--from', new Date(Date.now() - 86_400_000).toISOString(), '--to', new Date().toISOString()];
    const rejudged = await house.vinaigrette('drift', 'rejudge', ...of, '--policy', file, ...day);
    expect(rejudged).toMatch(/^Version 1, \d+ looks\n\nThe policy in force: \d+ pages?/);
    expect(rejudged).toMatch(/The proposed policy: \d+ pages?/);
    // Windows are compared each pane of five minutes; before the first there is the head of the table.
    expect(await house.vinaigrette('drift', 'compare', 'basket')).toMatch(/^VERSION +WINDOW +VARIANT +AGAINST/);
  }, 240_000);
});
