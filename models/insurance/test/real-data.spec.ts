import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { describeWith } from '../../../tools/real-part.mjs';
import { Intake } from '@vinaigrette/tables';
import { readInsured } from '../src/adapters/read-insured.js';
import { figuresOf } from '../src/domain/figures.js';
import { chargeOf, coefficientsOf, fitLinear } from '../src/domain/linear-model.js';
import { plainTerms } from '../src/domain/terms.js';
import { trainInsurance } from '../src/index.js';

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
