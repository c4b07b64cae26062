import { Problem } from '@vinaigrette/problems';
import { queryCsv } from '@vinaigrette/training';
import { numericInputs, textInputs, type Insured } from '../domain/insured.js';

export interface InsuredRow {
  person: Insured;
  /** USD a year. */
  charges: number;
}

const numbers = [...numericInputs, 'charges'] as const;
const columns = [...textInputs, ...numbers];

/**
 * Reads a CSV, plain or .gz, with the columns age, sex, bmi, children, smoker, region and charges, in the order of its
 * lines. An empty field is unknown, but a line without charges teaches nothing and is refused. Throws FILE_UNREADABLE or
 * TRAINING_DATA_INVALID naming the record.
 */
export async function readInsured(path: string): Promise<InsuredRow[]> {
  const texts = columns.map((name) => `trim(coalesce("${name}", ''))`);
  const rows = await queryCsv({ path, columns, sql: `SELECT ${texts.join(', ')} FROM lines` });
  if (rows.length === 0) throw new Problem('TRAINING_DATA_INVALID', `${path} holds no rows`, { field: 'input' });
  return rows.map((values, index) => {
    const record = `record ${index + 2}`; // the first is the header
    const [sex = '', smoker = '', region = '', ...rest] = values as string[];
    const [age, bmi, children, charges] = numbers.map((name, at) => {
      const text = rest[at] ?? '';
      const value = text === '' ? NaN : Number(text);
      const wrong = text !== '' && !(Number.isFinite(value) && value >= 0);
      if (wrong || (name === 'charges' && text === '')) {
        throw new Problem('TRAINING_DATA_INVALID', `${path}, ${record}: ${name} is ${JSON.stringify(text)}`, {
          field: record,
        });
      }
      return value;
    }) as [number, number, number, number];
    return { person: { age, bmi, children, sex, smoker, region }, charges };
  });
}
