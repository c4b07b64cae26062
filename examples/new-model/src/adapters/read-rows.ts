import { BadRow, numberOf, readWholeTable, type Intake, type TableReader, type TableSource } from '@vinaigrette/tables';
import { inputs, label, words, type Row } from '../domain/columns.js';

/** An empty field is unknown, but a row without a label teaches nothing. */
const reader: TableReader<Row> = {
  columns: [...inputs, label],
  parse(fields) {
    const customer = inputs.map((_, at) => (fields[at] === '' ? NaN : numberOf(fields[at] as string)));
    const wrong = customer.indexOf(undefined);
    if (wrong >= 0) return new BadRow(`${inputs[wrong]} is no number`, fields[wrong] as string);
    const word = fields[inputs.length] as string;
    if (!Object.hasOwn(words, word)) return new BadRow(`${label} is none of ${Object.keys(words).join(', ')}`, word);
    return { customer: customer as number[], returned: words[word as keyof typeof words] };
  },
  noticeRepeats: true,
};

/** The rows of a table with these columns, in its order. */
export const readRows = (source: TableSource, intake: Intake): Promise<Row[]> => readWholeTable(source, reader, intake);
