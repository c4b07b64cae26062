import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { parseBaseline } from '@vinaigrette/drift';
import type { Labelled } from '@vinaigrette/learning';
import { differenceFromGolden, parseGolden } from '@vinaigrette/signature';
import { ModelSession } from '@vinaigrette/training';
import { coefficientsOf } from '../src/domain/linear-model.js';
import { OnlineInsurance } from '../src/online-insurance.js';

const DAY_MS = 86_400_000;
const START_MS = Date.UTC(2026, 0, 1);

/** Charges by a rule that the model can say exactly; from `dearer` on a child costs twice as much. */
function labelled(n: number, { dearer = Infinity }: { dearer?: number } = {}): Labelled {
  const [age, bmi, children] = [18 + ((n * 7) % 47), 18 + ((n * 13) % 250) / 10, (n * 11) % 5];
  const smoker = n % 7 === 0 ? 'yes' : 'no';
  const charges = 1_000 + 3 * age * age + (n < dearer ? 500 : 1_000) * children + (smoker === 'yes' ? 10_000 : 0);
  const texts = { sex: [n % 3 === 0 ? 'male' : 'female'], smoker: [smoker] };
  const region = [['northeast', 'northwest', 'southeast', 'southwest'][Math.floor(n / 3) % 4] as string];
  return {
    predictionId: `0192d3a0-0000-7000-8000-${String(n).padStart(12, '0')}`,
    atMs: START_MS + n * DAY_MS * 0.01,
    kind: 'label',
    skus: [],
    number: charges,
    inputs: { age: [age], bmi: [bmi], children: [children], ...texts, region },
  };
}

let dir: string;
const learner = new OnlineInsurance();
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'vinaigrette-online-insurance-'));
  for (let n = 0; n < 1_000; n++) expect(learner.learn(labelled(n))).toBeUndefined();
  await learner.writeVersion(join(dir, 'version'));
});
afterAll(() => rm(dir, { recursive: true, force: true }));
const file = (name: string) => readFile(join(dir, 'version', name));

describe('a version of what was learnt', () => {
  it('has the files of a trained one, and they agree', async () => {
    const session = await ModelSession.open(await file('model.onnx'));
    for (const { inputs, outputs } of parseGolden(JSON.parse(String(await file('golden.json')))).examples) {
      expect(differenceFromGolden(outputs, await session.run(inputs))).toBeUndefined();
    }
    await session.close();
    expect(parseBaseline(JSON.parse(String(await file('baseline.json')))).rows).toBeGreaterThan(800);
  });

  it('found the rule that made the charges, and is judged on people it never learnt from', async () => {
    const { coefficients } = JSON.parse(String(await file('card.json'))) as {
      coefficients: { terms: Record<string, number> };
    };
    expect(coefficients.terms['age squared']).toBeCloseTo(3, 3);
    expect(coefficients.terms['children']).toBeCloseTo(500, 2);
    const judged = await learner.judge(await file('model.onnx'));
    expect(judged?.rows).toBeGreaterThan(50);
    expect(judged?.metrics['rmse']).toBeLessThan(1);
  });
});

describe('OnlineInsurance', () => {
  it('forgets: half a half-life after a change it believes the new price to 29 %, after four to nearly all', () => {
    const perHalfLife = 2_000;
    const one = new OnlineInsurance({ halfLifeMs: perHalfLife * 0.01 * DAY_MS });
    const believed = () => {
      const { weights } = coefficientsOf(one.fit());
      return ((weights[3] as number) - 500) / 500;
    };
    const dearer = 8 * perHalfLife;
    for (let n = 0; n < dearer; n++) one.learn(labelled(n, { dearer }));
    expect(believed()).toBeCloseTo(0, 2);
    for (let n = dearer; n < dearer + perHalfLife / 2; n++) one.learn(labelled(n, { dearer }));
    expect(believed()).toBeCloseTo(1 - Math.SQRT1_2, 1);
    for (let n = dearer + perHalfLife / 2; n < dearer + 4 * perHalfLife; n++) one.learn(labelled(n, { dearer }));
    expect(believed()).toBeGreaterThan(0.9);
  });

  it('goes on where it was saved, and refuses another half-life', () => {
    const half = new OnlineInsurance();
    for (let n = 0; n < 500; n++) half.learn(labelled(n));
    const again = new OnlineInsurance({}, JSON.parse(JSON.stringify(half.save())));
    for (let n = 500; n < 1_000; n++) again.learn(labelled(n));
    expect(again.save()).toEqual(learner.save());
    expect(() => new OnlineInsurance({ halfLifeMs: 1 }, half.save())).toThrow('halfLifeMs: 1, but');
  });

  it.each([
    ['the label is no number', { number: undefined }, 'unusable-label'],
    ['the label is NaN', { number: NaN }, 'unusable-label'],
    ['the label is below nothing', { number: -1 }, 'unusable-label'],
    ['an input is unknown', { inputs: { ...labelled(1).inputs, bmi: [NaN] } }, 'incomplete-inputs'],
    ['an input is no known word', { inputs: { ...labelled(1).inputs, smoker: ['often'] } }, 'incomplete-inputs'],
    ['an input was not logged', { inputs: {} }, 'incomplete-inputs'],
    ['it is from long ago', { atMs: 0 }, 'too-old'],
  ])('learns nothing where %s', (_, wrong, why) => {
    const one = new OnlineInsurance({ heldOutShare: 0, halfLifeMs: DAY_MS });
    one.learn(labelled(0));
    const before = one.save();
    expect(one.learn({ ...labelled(1), ...wrong })).toBe(why);
    expect(one.save()).toEqual(before);
  });

  it('serves nothing before it can tell the terms apart', async () => {
    const one = new OnlineInsurance({ minRows: 10 });
    const healthy = (n: number) => ({ ...labelled(n), inputs: { ...labelled(n).inputs, smoker: ['no'] } });
    for (let n = 0; n < 5; n++) one.learn(healthy(n));
    await expect(one.writeVersion(dir)).rejects.toThrow('10 are wanted');
    for (let n = 5; n < 500; n++) one.learn(healthy(n));
    await expect(one.writeVersion(dir)).rejects.toThrow('smoker cannot be told');
  });
});
