import { afterAll, afterEach, beforeAll, expect, it } from '@jest/globals';
import { describeWith } from '../../tools/real-part.mjs';
import { createDatabase } from './database.js';
import { demoVersion } from './demo-version.js';
import { failOn } from './fail-on.js';
import { furnish } from './furnish.js';
import { eventually, House } from './house.js';
import { call, drift, recommend, type Recommendation } from './shop.js';

/** No golden example and no training sale has it. */
const NOVELTY = 'a-novelty';
const customers = Array.from({ length: 60 }, (_, at) => `c-${at}`);

describeWith('PostgreSQL', 'DATABASE_URL', 'a version on trial', () => {
  let house: House;
  const cleanUp: (() => unknown)[] = [];
  /** Everything that was answered since the house was opened, and everything that was not. */
  const answers: Recommendation[] = [];
  const failures: unknown[] = [];

  beforeAll(async () => {
    const makings = [createDatabase(process.env.DATABASE_URL as string), demoVersion(), demoVersion(0.6)] as const;
    const [database, first, second] = await Promise.all(makings);
    cleanUp.push(database.drop, first.remove, second.remove);
    house = await House.open({ databaseUrl: database.url });
    cleanUp.push(() => house.close());
    await furnish(house, first.dir);
    await house.vinaigrette('models', 'push', second.dir, '--name', 'basket');
    await failOn(NOVELTY, second.dir);
    await house.vinaigrette('models', 'push', second.dir, '--name', 'basket');
  }, 240_000);
  afterEach(() => {
    expect(failures).toEqual([]);
    // Trials and swaps cost nobody a model's answer: best sellers were never needed.
    expect(answers.filter(({ servedBy }) => ![null, 'champion'].includes(servedBy.fallback))).toEqual([]);
  });
  afterAll(async () => {
    for (const clean of cleanUp.reverse()) await clean();
  }, 120_000);

  /** Every customer asks once; who answered them, in their order. */
  const everybody = (...basket: string[]) => each(customers, basket);

  async function each(ids: readonly string[], basket: string[]): Promise<Recommendation['servedBy'][]> {
    const told = await Promise.all(
      ids.map((id) =>
        recommend(house, { basket, customer: { id } }).catch((error: unknown) => {
          failures.push(error);
          throw error;
        }),
      ),
    );
    answers.push(...told);
    return told.map(({ servedBy }) => servedBy);
  }

  const start = async (version: string, steps: string): Promise<string> => {
    const words = ['rollouts', 'start', 'basket', version, '--steps', steps, '--reason', 'to see'];
    return (await house.vinaigrette(...words)).split(':')[0] as string;
  };
  const all = (variant: string, version: number) => (told: Recommendation['servedBy'][]) =>
    told.every((it) => it.variant === variant && it.version === version && it.fallback === null);
  const by = (variant: string) => answers.filter(({ servedBy }) => servedBy.variant === variant).length;
  const counted = async (version: number, variant: string) => {
    const always = { from: Date.now() - 3_600_000, to: Date.now() + 300_000 };
    return Number((await drift(house, { model: 'basket', version, variant, ...always })).predictions ?? 0);
  };
  let healthy: string;

  it('gives a canary its share of the customers, the same each time, and counts it apart', async () => {
    healthy = await start('2', '50,100');
    const told = await eventually(
      'tried, and answering for itself',
      () => everybody('milk'),
      (told) => told.some(({ version }) => version === 2) && told.every(({ fallback }) => fallback === null),
    );
    const tried = told.filter(({ variant }) => variant === 'canary');
    expect(tried.every(({ version }) => version === 2)).toBe(true);
    expect(told.filter(({ variant }) => variant === 'champion').every(({ version }) => version === 1)).toBe(true);
    // Half of sixty, give or take five standard deviations.
    expect(Math.abs(tried.length - 30)).toBeLessThan(20);
    expect(await everybody('milk')).toEqual(told);
    const logged = { canary: by('canary'), champion: by('champion') };
    await eventually(
      'counted by variant',
      async () => ({ canary: await counted(2, 'canary'), champion: await counted(1, 'champion') }),
      (seen) => seen.canary === logged.canary && seen.champion === logged.champion,
    );
  }, 180_000);

  it('is advanced to everybody, then completed: the canary is the champion', async () => {
    await house.vinaigrette('rollouts', 'advance', healthy, '--reason', 'it does well');
    await eventually('everywhere', () => everybody('milk'), all('canary', 2));
    await house.vinaigrette('rollouts', 'complete', healthy, '--reason', 'it did well');
    await eventually('champion', () => everybody('milk'), all('champion', 2));
  }, 180_000);

  it('is rolled back to the champion before', async () => {
    await house.vinaigrette('models', 'rollback', 'basket', '--reason', 'sugar again');
    await eventually('version 1 again', () => everybody('milk'), all('champion', 1));
  }, 180_000);

  it('is given up by itself when its graph fails, and everybody is answered all along', async () => {
    const before = by('canary');
    const broken = await start('3', '50,100');
    await eventually(
      'tried, and given up',
      () => everybody('milk', NOVELTY),
      (told) => by('canary') > before && all('champion', 1)(told),
    );
    const list = await eventually(
      'told to everybody by the registry',
      () => house.vinaigrette('rollouts', 'list', '--all'),
      (text) => /canary aborted/.test(text),
    );
    const lines = list.split('\n');
    expect(lines.find((line) => line.startsWith(broken))).toContain('canary aborted at 50 %');
    expect(lines.find((line) => line.startsWith(healthy))).toContain('canary completed at 100 %');
    expect(all('champion', 1)(await everybody('milk', NOVELTY))).toBe(true);
  }, 180_000);

  it('is held, and somebody is paged, when the customers of one side are lost on their way to the gateway', async () => {
    const lame = await start('2', '50,100');
    await eventually(
      'tried again, and answering for itself',
      () => everybody('milk'),
      (told) => told.some(({ version }) => version === 2),
    );
    // The page of the canary breaks: of those who come from now on, only the champion's get through.
    const newcomers = Array.from({ length: 200 }, (_, at) => `newcomer-${at}`);
    const drawn = await Promise.all(
      newcomers.map(async (id) => {
        const url = `${house.gatewayUrl}/v1/route?useCase=recommendations&unit=${id}`;
        return (await call<{ variant: string }>(url)).body.variant;
      }),
    );
    await each(
      newcomers.filter((_, at) => drawn[at] === 'champion'),
      ['milk'],
    );
    const list = await eventually(
      'held',
      () => house.vinaigrette('rollouts', 'list'),
      (text) => text.includes('canary paused'),
    );
    expect(list.split('\n').find((line) => line.startsWith(lame))).toContain('canary paused');
    const held = () => call<{ pages: object[] }>(`${house.monitorUrl}/v1/pages?model=basket`);
    const { body } = await eventually('paged', held, (answer) => JSON.stringify(answer.body).includes('RolloutHeld'));
    expect(body.pages).toContainEqual(
      expect.objectContaining({
        name: 'RolloutHeld',
        version: 2,
        description: expect.stringMatching(/^app-gateway .* paused canary: units .* not in the ratio .* chi-square/),
      }),
    );
    await house.vinaigrette('rollouts', 'abort', lame, '--reason', 'the page is repaired first');
  }, 180_000);
});
