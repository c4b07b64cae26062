import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { trainInsurance } from '@vinaigrette/insurance';
import type { ProblemDetails } from '@vinaigrette/problems';
import { parseGolden } from '@vinaigrette/signature';
import { describeWith } from '../../tools/real-part.mjs';
import { boostedVersion } from './boosted-version.js';
import { createDatabase } from './database.js';
import { eventually, House } from './house.js';
import { call } from './shop.js';

const example = (name: string) => fileURLToPath(new URL(`../../examples/insurance/${name}`, import.meta.url));

type Person = Record<string, string | number>;
interface Quoted {
  person: Person;
  charges: number;
}

/** What a version promises: the people among its golden examples of whom everything is known, and their charges. */
function promised(versionDir: string): Quoted[] {
  const { examples } = parseGolden(JSON.parse(readFileSync(join(versionDir, 'golden.json'), 'utf8')));
  return examples.flatMap(({ inputs, outputs }) =>
    Array.from(outputs['charges']?.data as ArrayLike<number>, (charges, row) => ({
      person: Object.fromEntries(
        Object.entries(inputs).map(([name, { data }]) => [name, data[row] as string | number]),
      ),
      charges,
    })).filter(({ person }) => Object.values(person).every((value) => value !== '' && !Number.isNaN(value))),
  );
}

const asTexts = (person: Person) => Object.fromEntries(Object.entries(person).map(([name, it]) => [name, String(it)]));

describeWith('real data', 'DATA_DIR', 'the bill of an insured person', () => {
  describeWith('PostgreSQL', 'DATABASE_URL', 'asked at addresses that a document gives', () => {
    const csv = join(process.env.DATA_DIR ?? '', 'insurance/insurance.csv');
    let house: House;
    let drop: () => Promise<void>;
    let people: Quoted[];

    const api = (body: unknown) => call<number & ProblemDetails>(`${house.gatewayUrl}/predict_api`, body);
    const form = (fields: Record<string, string>) =>
      call<ProblemDetails>(`${house.gatewayUrl}/predict`, new URLSearchParams(fields).toString(), {
        'content-type': 'application/x-www-form-urlencoded',
      });
    const put = (kind: string, name: string, file: string) =>
      house.vinaigrette('documents', 'put', kind, name, file, '--alias', 'champion', '--reason', 'first');
    const push = (dir: string, reason: string) =>
      house.vinaigrette('models', 'push', dir, '--name', 'insurance', '--alias', 'champion', '--reason', reason);

    beforeAll(async () => {
      const database = await createDatabase(process.env.DATABASE_URL as string);
      drop = database.drop;
      house = await House.open({ databaseUrl: database.url });
      const linear = join(house.dir, 'linear');
      await trainInsurance({ input: csv, outDir: linear });
      await push(linear, 'least squares');
      await put('rule-set', 'bounds', example('bounds.rule-set.yaml'));
      const patient = join(house.dir, 'bill.use-case.yaml'); // on a busy machine too
      writeFileSync(
        patient,
        readFileSync(example('bill.use-case.yaml'), 'utf8').replace(/budgetMs: \d+/, 'budgetMs: 5000'),
      );
      await put('use-case', 'bill', patient);
      people = promised(linear);
      await eventually(
        'answering',
        () => api(people[0]?.person),
        ({ status }) => status === 200,
      );
    }, 300_000);
    afterAll(async () => {
      await house?.close();
      await drop?.();
    }, 60_000);

    it('is the number the model was released with, to numbers, texts and a form alike', async () => {
      expect(people.length).toBeGreaterThan(5);
      for (const { person, charges } of people) {
        const answer = await api(person);
        expect({ status: answer.status, type: answer.contentType }).toEqual({
          status: 200,
          type: expect.stringContaining('application/json'),
        });
        expect(answer.body).toBeCloseTo(charges, 1);
        expect((await api(asTexts(person))).body).toBe(answer.body);
        const page = await form(asTexts(person));
        expect({ status: page.status, type: page.contentType }).toEqual({
          status: 200,
          type: 'text/html; charset=utf-8',
        });
        expect(page.text).toContain(`Expected bill: ${answer.body.toFixed(0)}<`);
      }
    }, 60_000);

    it('explains itself: what each input adds to the average charge makes the bill', async () => {
      for (const { person, charges } of people) {
        const url = `${house.gatewayUrl}/v1/predictions/bill`;
        const { body } = await call<{ outputs: { contributions: number[]; base: number } }>(url, { inputs: person });
        const { base, contributions } = body.outputs;
        expect(contributions).toHaveLength(Object.keys(person).length);
        const sum = contributions.reduce((total, part) => total + part, base);
        expect(Math.abs(sum - charges)).toBeLessThan(0.05);
      }
      const [someone] = people;
      const ofSmoker = async (smoker: string) => {
        const url = `${house.gatewayUrl}/v1/predictions/bill`;
        const { body } = await call<{ outputs: { contributions: number[] } }>(url, {
          inputs: { ...someone?.person, smoker },
        });
        return body.outputs.contributions[4] as number; // age, bmi, children, sex, smoker, region
      };
      expect(await ofSmoker('yes')).toBeGreaterThan(0);
      expect(await ofSmoker('no')).toBeLessThan(0);
    });

    it('is asked for by a form with every input', async () => {
      const { text } = await call(`${house.gatewayUrl}/predict`);
      expect([...text.matchAll(/<input name="(\w+)"/g)].map(([, name]) => name).sort()).toEqual(
        Object.keys(people[0]?.person ?? {}).sort(),
      );
    });

    const ageless = { sex: 'male', bmi: 30, children: 1, smoker: 'no', region: 'southwest' };
    const whole = { ...ageless, age: 40 };
    it.each([
      { what: 'no age', body: ageless, status: 422, code: 'SIGNATURE_MISMATCH' },
      { what: 'an age in words', body: { ...whole, age: 'forty' }, status: 422, code: 'SIGNATURE_MISMATCH' },
      { what: 'an empty age', body: { ...whole, age: '' }, status: 422, code: 'SIGNATURE_MISMATCH' },
      { what: 'an endless age', body: { ...whole, age: 'Infinity' }, status: 422, code: 'SIGNATURE_MISMATCH' },
      { what: 'a number for a text', body: { ...whole, smoker: 1 }, status: 422, code: 'SIGNATURE_MISMATCH' },
      { what: 'an input nobody knows', body: { ...whole, hue: 'red' }, status: 422, code: 'SIGNATURE_MISMATCH' },
      { what: 'an age nobody has', body: { ...whole, age: '-4' }, status: 403, code: 'REFUSED_BY_RULE' },
      { what: 'a list', body: [40], status: 422, code: 'BODY_INVALID' },
      { what: 'half a JSON', body: '{"age": ', status: 400, code: 'BODY_NOT_JSON' },
    ])('is not made up for $what: $status $code', async ({ body, status, code }) => {
      const answer = await api(body);
      expect({ status: answer.status, type: answer.contentType, code: answer.body.code }).toEqual({
        status,
        type: expect.stringMatching(/^application\/problem\+json/),
        code,
      });
      if (typeof body === 'string' || Array.isArray(body)) return;
      const sent = await form(asTexts(body as Person));
      if (typeof (body as Person)['smoker'] === 'string') expect([sent.status, sent.body.code]).toEqual([status, code]);
    });

    it('comes from boosted trees as soon as the registry says so: the gateway is not touched', async () => {
      const boosted = join(house.dir, 'boosted');
      await boostedVersion(csv, join(house.dir, 'linear'), boosted);
      const statuses = new Set<number>();
      const inputs = people[0]?.person;
      const served = async () => {
        const url = `${house.gatewayUrl}/v1/predictions/bill`;
        const answer = await call<{ servedBy: object & { version: number } }>(url, { inputs });
        statuses.add(answer.status);
        return answer.body.servedBy;
      };
      const linear = await served();
      expect(linear).toMatchObject({ useCase: 'bill', useCaseVersion: 1, version: 1, fallback: null });
      await push(boosted, 'boosted trees');
      const now = await eventually('served by the trees', served, ({ version }) => version === 2);
      expect(now).toEqual({ ...linear, version: 2 });
      expect([...statuses]).toEqual([200]); // before, during and after
      const trees = promised(boosted);
      for (const { person, charges } of trees) expect((await api(person)).body).toBeCloseTo(charges, 1);
      const differences = trees.map(({ charges }, at) => Math.abs(charges - (people[at]?.charges ?? NaN)));
      expect(Math.min(...differences)).toBeGreaterThan(0);
    }, 120_000);
  });
});
