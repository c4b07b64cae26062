import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { parseBaseline } from '@vinaigrette/drift';
import { differenceFromGolden, parseGolden, parseSignature } from '@vinaigrette/signature';
import { ModelSession } from '@vinaigrette/training';
import { categories, impute, inputNames, type Insured } from '../src/domain/insured.js';
import { insuredTensors } from '../src/domain/insured-tensors.js';
import { trainInsurance, type Card } from '../src/index.js';

const HEADER = 'age,sex,bmi,children,smoker,region,charges';

/** Charges by a rule that the model can say exactly: in thousands, age squared, and a jump for obese smokers. */
const rule = ({ age, bmi, children, smoker }: Insured) =>
  1_000 + 3 * age * age + 500 * children + (smoker === 'yes' ? 10_000 + 200 * bmi + (bmi >= 30 ? 15_000 : 0) : 0);

function planted(): { person: Insured; line: string }[] {
  return Array.from({ length: 500 }, (_, n) => {
    const person: Insured = {
      age: 18 + ((n * 7) % 47),
      bmi: 18 + ((n * 13) % 250) / 10,
      children: (n * 11) % 5,
      sex: categories.sex[(n * 3) % 2] as string,
      smoker: categories.smoker[n % 7 === 0 ? 1 : 0] as string,
      region: categories.region[Math.floor(n / 3) % 4] as string,
    };
    const { age, sex, bmi, children, smoker, region } = person;
    return { person, line: [age, sex, bmi, children, smoker, region, rule(person)].join(',') };
  });
}

let dir: string;
let outDir: string;
let card: Card;
let session: ModelSession;

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'vinaigrette-insurance-'));
  outDir = join(dir, 'version');
  card = await trainInsurance({
    input: await csv(
      'planted.csv',
      planted().map(({ line }) => line),
    ),
    outDir,
  });
  session = await ModelSession.open(await readFile(join(outDir, 'model.onnx')));
});
afterAll(async () => {
  await session?.close();
  await rm(dir, { recursive: true, force: true });
});

async function csv(name: string, lines: readonly string[]): Promise<string> {
  const path = join(dir, name);
  await writeFile(path, [HEADER, ...lines, ''].join('\n'));
  return path;
}
const json = async (name: string): Promise<unknown> => JSON.parse(await readFile(join(outDir, name), 'utf8'));
const quote = async (people: readonly Insured[]) => {
  const { charges, contributions, base } = await session.run(insuredTensors(people));
  return [charges, contributions, base].map((tensor) => Array.from(tensor?.data as Float32Array)) as [
    number[],
    number[],
    number[],
  ];
};

describe('a version of insurance', () => {
  it('finds the rule that made the charges', () => {
    expect(card.rows).toEqual({ training: 400, validation: 100 });
    expect(card.validation.all.r2).toBeCloseTo(1, 6);
    expect(card.validation.withoutInteractions.r2).toBeLessThan(0.99);
    expect(card.coefficients.terms['age squared']).toBeCloseTo(3, 4);
    expect(card.coefficients.terms['smoker x obese']).toBeCloseTo(15_000, 2);
    expect(card.coefficients.terms['male']).toBeCloseTo(0, 2);
  });

  it('has files that agree with each other', async () => {
    const signature = parseSignature(await json('signature.json'));
    expect(signature.inputs.map(({ name }) => name)).toEqual([...inputNames]);
    expect(signature.outputs.map(({ name }) => name)).toEqual(['charges', 'contributions', 'base']);
    const { examples } = parseGolden(await json('golden.json'));
    expect(examples.length).toBeGreaterThanOrEqual(30);
    for (const { inputs, outputs } of examples) {
      expect(differenceFromGolden(outputs, await session.run(inputs))).toBeUndefined();
    }
    expect(parseBaseline(await json('baseline.json')).rows).toBe(400);
  });

  const person = fc.record({
    age: fc.oneof(fc.integer({ min: 18, max: 64 }), fc.constant(NaN)),
    bmi: fc.oneof(fc.float({ min: 15, max: 50, noNaN: true }), fc.constant(NaN)),
    children: fc.oneof(fc.integer({ min: 0, max: 5 }), fc.constant(NaN)),
    sex: fc.oneof(fc.constantFrom(...categories.sex), fc.string()),
    smoker: fc.oneof(fc.constantFrom(...categories.smoker), fc.string()),
    region: fc.oneof(fc.constantFrom(...categories.region), fc.string()),
  });

  it('explains every quote: the contributions and the base are the charges', async () => {
    await fc.assert(
      fc.asyncProperty(person, async (one) => {
        const [[charges], contributions, [base]] = await quote([one]);
        const sum = contributions.reduce((total, part) => total + part, base as number);
        expect(Math.abs(sum - (charges as number))).toBeLessThan(0.05);
        expect(base).toBeCloseTo(Math.fround(base as number), 5);
      }),
    );
  });

  it('quotes what is unknown as the training rows have it most', async () => {
    await fc.assert(
      fc.asyncProperty(person, async (one) => {
        const [[given], [whole]] = [(await quote([one]))[0], (await quote([impute(one, card.imputation)]))[0]];
        expect(given).toBe(whole);
      }),
    );
  });

  it('quotes alike alone and in company', async () => {
    const people = planted()
      .slice(0, 40)
      .map(({ person: one }) => one);
    const [together] = await quote(people);
    const alone = await Promise.all(people.map(async (one) => (await quote([one]))[0][0]));
    expect(together).toEqual(alone);
  });

  it('is the same, byte for byte, when it is trained again', async () => {
    const again = join(dir, 'again');
    await trainInsurance({ input: join(dir, 'planted.csv'), outDir: again });
    for (const name of ['model.onnx', 'signature.json', 'golden.json', 'baseline.json']) {
      expect(await readFile(join(again, name))).toEqual(await readFile(join(outDir, name)));
    }
  });
});

describe('training refuses', () => {
  const lines = planted().map(({ line }) => line);
  const invalid = 'TRAINING_DATA_INVALID';

  it.each([
    { what: 'an age in words', bad: 'old,male,20,0,no,northeast,1000', reason: 'age is no number' },
    { what: 'negative charges', bad: '20,male,20,0,no,northeast,-1', reason: 'charges is negative' },
    { what: 'no charges', bad: '20,male,20,0,no,northeast,', reason: 'charges is unknown' },
    { what: 'charges without end', bad: '20,male,20,0,no,northeast,1e999', reason: 'charges is no number' },
    { what: 'a line cut short', bad: '20,male,20', reason: 'fewer fields than the header' },
  ])('the line of $what, and learns from the others', async ({ bad, reason }) => {
    const options = { input: await csv('bad.csv', [...lines, bad]), outDir: join(dir, 'without') };
    const { data, rows } = await trainInsurance(options);
    expect(data).toMatchObject({ rows: 501, used: 500, rejected: [{ reason, rows: 1, firstLine: 502 }] });
    expect(rows).toEqual(card.rows);
    await expect(trainInsurance({ ...options, badLinesMax: 0 })).rejects.toMatchObject({ code: 'BAD_LINES_TOO_MANY' });
  });

  it('no line that says what an earlier one says, but tells of it', async () => {
    const { data } = await trainInsurance({
      input: await csv('twice.csv', [...lines, lines[3] as string]),
      outDir: join(dir, 'twice'),
    });
    expect(data).toMatchObject({ used: 501, noticed: [{ rows: 1, firstLine: 502 }] });
  });

  it.each([
    { what: 'nothing', rows: [], message: /no rows/ },
    { what: 'too few rows', rows: lines.slice(0, 12), message: /too few|cannot tell|same/ },
    {
      what: 'a column that never changes',
      rows: lines.map((line) => line.replace(/yes/, 'no')),
      message: /smoker is the same/,
    },
    {
      what: 'charges that never change',
      rows: lines.map((line) => line.replace(/[^,]*$/, '1000')),
      message: /charges is the same/,
    },
    {
      what: 'a column that is unknown throughout',
      rows: lines.map((line) => line.replace(/^\d+/, '')),
      message: /age is unknown/,
    },
  ])('$what', async ({ rows, message }) => {
    const input = await csv('useless.csv', rows);
    await expect(trainInsurance({ input, outDir: join(dir, 'none') })).rejects.toMatchObject({
      code: invalid,
      message: expect.stringMatching(message),
    });
  });

  it('a file that is another one, or none', async () => {
    await writeFile(join(dir, 'other.csv'), 'a,b\n1,2\n');
    const outDir = join(dir, 'none');
    await expect(trainInsurance({ input: join(dir, 'other.csv'), outDir })).rejects.toMatchObject({ code: invalid });
    await expect(trainInsurance({ input: join(dir, 'ghost'), outDir })).rejects.toMatchObject({
      code: 'FILE_UNREADABLE',
    });
  });
});
