import { BadRow, numberOf, readWholeTable, type Intake, type TableReader, type TableSource } from '@vinaigrette/tables';
import { numericInputs, textInputs, type Insured } from '../domain/insured.js';

export interface InsuredRow {
  person: Insured;
  /** USD a year. */
  charges: number;
}

const numbers = [...numericInputs, 'charges'] as const;

/** An empty field is unknown, but a row without charges teaches nothing. */
const reader: TableReader<InsuredRow> = {
  columns: [...textInputs, ...numbers],
  parse([sex = '', smoker = '', region = '', ...texts]) {
    const values = texts.map((text) => (text === '' ? NaN : numberOf(text)));
    const wrong = values.findIndex((value) => value === undefined || value < 0);
    if (wrong >= 0) {
      const reason = values[wrong] === undefined ? 'is no number' : 'is negative';
      return new BadRow(`${numbers[wrong]} ${reason}`, texts[wrong] as string);
    }
    const [age, bmi, children, charges] = values as [number, number, number, number];
    if (Number.isNaN(charges)) return new BadRow('charges is unknown', '');
    return { person: { age, bmi, children, sex, smoker, region }, charges };
  },
  noticeRepeats: true,
};

/** The rows of a table with the columns age, sex, bmi, children, smoker, region and charges, in its order. */
export const readInsured = (source: TableSource, intake: Intake): Promise<InsuredRow[]> =>
  readWholeTable(source, reader, intake);
