import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { describeWith } from '../../../tools/real-part.mjs';
import { tensorOf, type Tensor } from '@vinaigrette/signature';
import { ModelSession } from '@vinaigrette/training';
import { Intake } from '@vinaigrette/tables';
import { readInsured } from '../src/adapters/read-insured.js';
import { figuresOf } from '../src/domain/figures.js';
import { chargeOf, coefficientsOf, fitLinear } from '../src/domain/linear-model.js';
import { holdBack } from '../src/domain/hold-back.js';
import { impute, inputNames, learnImputation, numericInputs, type Insured } from '../src/domain/insured.js';
import { plainTerms, terms } from '../src/domain/terms.js';
import { versionOfModel } from '../src/version-of-model.js';
import { trainInsurance } from '../src/index.js';

const isNumeric = (name: string) => (numericInputs as readonly string[]).includes(name);

describeWith('real data', 'DATA_DIR', 'charges of the book', () => {
  const input = join(process.env.DATA_DIR ?? '', 'insurance/insurance.csv');
  let dir: string;
  beforeAll(async () => {
    dir = await mkdtemp(join(tmpdir(), 'vinaigrette-insurance-'));
  });
  afterAll(() => rm(dir, { recursive: true, force: true }));

  it('gives the published least squares on the whole file', async () => {
    const rows = await readInsured({ input }, new Intake());
    const people = rows.map(({ person }) => person);
    const charges = rows.map((row) => row.charges);
    const model = fitLinear(plainTerms, people, charges);
    const { intercept, weights } = coefficientsOf(model);
    const figures = figuresOf(
      charges,
      people.map((person) => chargeOf(model, plainTerms, person)),
    );
    expect(figures.rows).toBe(1_338);
    expect(figures.r2).toBeCloseTo(0.75091, 5);
    expect(figures.rmse).toBeCloseTo(6_041.68, 2);
    expect([intercept, ...weights].map((weight) => Math.round(weight * 100) / 100)).toEqual([
      -11_938.54, 256.86, -131.31, 339.19, 475.5, 23_848.53, -352.96, -1_035.02, -960.05,
    ]);
  });

  it('quotes every row held back as training does, when a request brings it as JSON', async () => {
    const { training, validation } = holdBack(await readInsured({ input }, new Intake()));
    const people = training.map(({ person }) => person);
    const imputation = learnImputation(people);
    const charges = training.map((row) => row.charges);
    const model = fitLinear(
      terms,
      people.map((person) => impute(person, imputation)),
      charges,
    );
    const { onnx } = await versionOfModel(imputation, model, people);
    const session = await ModelSession.open(onnx);
    for (const [row, { person }] of validation.entries()) {
      // Every third has something unknown, which JSON writes as null or leaves empty.
      const asked = row % 3 === 0 ? { ...person, [inputNames[row % inputNames.length] as string]: null } : person;
      const request = JSON.parse(JSON.stringify(asked)) as Record<string, string | number | null>;
      const tensors = inputNames.map((name): [string, Tensor] => {
        const value = request[name] ?? null;
        return [name, isNumeric(name) ? tensorOf('FP32', [1, 1], [value]) : tensorOf('BYTES', [1, 1], [value ?? ''])];
      });
      const { charges: quoted } = await session.run(Object.fromEntries(tensors));
      const known = Object.fromEntries(
        Object.entries(asked).map(([name, value]) => [name, value ?? (isNumeric(name) ? NaN : '')]),
      ) as unknown as Insured;
      const plain = chargeOf(model, terms, impute(known, imputation));
      expect(Math.abs(Number(quoted?.data[0]) / plain - 1)).toBeLessThan(1e-5);
    }
    expect(validation).toHaveLength(267);
    await session.close();
  });

  it('beats it on rows it never saw, for smokers and for others', async () => {
    const card = await trainInsurance({ input, outDir: join(dir, 'version') });
    const { all, withoutInteractions, smokers, others } = card.validation;
    console.log(JSON.stringify(card.validation));
    expect(card.rows).toEqual({ training: 1_071, validation: 267 });
    expect(all.r2).toBeGreaterThan(0.83);
    expect(all.rmse).toBeLessThan(withoutInteractions.rmse * 0.85);
    expect(smokers.rows + others.rows).toBe(267);
  });
});
