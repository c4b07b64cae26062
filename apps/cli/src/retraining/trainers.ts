import { judgeGraph as judgeBasket, trainBasket } from '@vinaigrette/basket';
import { judgeGraph as judgeInsurance, trainInsurance } from '@vinaigrette/insurance';
import type { RetrainingPolicy } from '@vinaigrette/documents';
import { Problem } from '@vinaigrette/problems';
import type { LabelledRows, Range } from './labelled-rows.js';

/** How a model is trained on what the archive holds of it, and judged on what came later. */
export interface Trainer {
  /** The kind of outcomes that label its predictions. */
  outcomeKind: string;
  /** SQL of the CSV that it is trained on. */
  table(rows: string): string;
  /** Writes the files of a version, and says how large it is. */
  train(input: string, outDir: string, parameters: RetrainingPolicy['parameters']): Promise<string>;
  /** Made once for a range: what judges any version on its rows; undefined where there are none. */
  judgeOf(
    rows: LabelledRows,
    range: Range,
  ): Promise<((onnx: Uint8Array) => Promise<Record<string, number>>) | undefined>;
}

const basket: Trainer = {
  outcomeKind: 'purchased',
  /** A purchase is what was asked about and then what was bought, in that order. */
  table: (rows) => `
    SELECT prediction_id AS "InvoiceNo", sku AS "StockCode", 1 AS "Quantity",
      strftime(occurred_at, '%Y-%m-%d %H:%M:%S') AS "InvoiceDate", 1 AS "UnitPrice"
    FROM (SELECT *, unnest(bought) AS sku, generate_subscripts(bought, 1) AS place FROM (
      SELECT *, list_concat(from_json(logged->'items', '["VARCHAR"]'), skus) AS bought FROM ${rows}))
    ORDER BY occurred_at, prediction_id, place`,
  async train(input, outDir, parameters) {
    const options = { format: 'online-retail', policy: 'strict', ...parameters, input, outDir };
    const { served } = await trainBasket(options as Parameters<typeof trainBasket>[0]);
    return `${served.rules} rules`;
  },
  async judgeOf(rows, range) {
    const questions = await rows.ask<{ given: string[]; expected: string }>(
      range,
      (later) =>
        `SELECT from_json(logged->'items', '["VARCHAR"]') AS given, skus[1] AS expected FROM ${later} WHERE len(skus) > 0`,
    );
    return questions.length > 0 ? (onnx) => judgeBasket(onnx, questions) : undefined;
  },
};

const inputs = {
  age: 'DOUBLE',
  bmi: 'DOUBLE',
  children: 'DOUBLE',
  sex: 'VARCHAR',
  smoker: 'VARCHAR',
  region: 'VARCHAR',
};
const columns = Object.entries(inputs)
  .map(([name, type]) => `CAST(json_extract_string(logged, '$.${name}[0]') AS ${type}) AS ${name}`)
  .join(', ');

const insurance: Trainer = {
  outcomeKind: 'label',
  table: (rows) =>
    `SELECT ${columns}, number AS charges FROM ${rows} WHERE number >= 0 ORDER BY occurred_at, prediction_id`,
  async train(input, outDir, parameters) {
    const options = { ...parameters, input, outDir };
    const { rows } = await trainInsurance(options as Parameters<typeof trainInsurance>[0]);
    return `${rows.training} rows`;
  },
  async judgeOf(rows, range) {
    type Person = Parameters<typeof judgeInsurance>[1][number]['person'];
    const people = await rows.ask<{ [Name in keyof Person]: Person[Name] | null } & { charges: number }>(
      range,
      (later) => `SELECT ${columns}, number AS charges FROM ${later} WHERE number >= 0`,
    );
    const known = people.map(({ charges, age, bmi, children, sex, smoker, region }) => ({
      charges,
      person: {
        ...{ age: age ?? NaN, bmi: bmi ?? NaN, children: children ?? NaN },
        ...{ sex: sex ?? '', smoker: smoker ?? '', region: region ?? '' },
      },
    }));
    return known.length > 0 ? (onnx) => judgeInsurance(onnx, known) : undefined;
  },
};

const trainers: Record<string, Trainer> = { basket, insurance };

/** Throws MODEL_NOT_FOUND for a model that nobody here can train. */
export function trainerOf(model: string): Trainer {
  const trainer = trainers[model];
  if (trainer) return trainer;
  const known = Object.keys(trainers).join(', ');
  throw new Problem('MODEL_NOT_FOUND', `Only ${known} are trained from here, not ${model}`, { field: 'model' });
}
