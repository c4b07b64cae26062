import type { FeatureDefinition } from '@vinaigrette/drift';
import { Problem } from '@vinaigrette/problems';
import { tensorOf, type LoggedRow, type Signature, type Tensor, type TensorSpec } from '@vinaigrette/signature';

/** How a model from elsewhere is asked the rows of a table, and what of it is judged. */
export interface ImportPlan {
  signature: Signature;
  /** By input: the columns that fill one row of it, in order. */
  columns: ReadonlyMap<string, readonly string[]>;
  features: FeatureDefinition[];
  /** Tensors whose drift is not judged: lists of numbers have no feature of their own. */
  unjudged: string[];
}

/**
 * A column fills the input of its name. A single input of several values takes as many columns, in the table's order, as
 * scikit-learn's converters leave them. Throws IMPORT_DATA_INVALID naming what the table does not have.
 */
export function planImport(graph: Signature, columns: readonly string[]): ImportPlan {
  const filled = new Map(graph.inputs.map((input) => [input.name, columnsOf(input, graph.inputs.length, columns)]));
  const tensors = [...graph.inputs, ...graph.outputs];
  return {
    signature: graph,
    columns: filled,
    features: tensors.filter((spec) => !isList(spec)).map((spec) => featureOf(spec, graph.outputs.includes(spec))),
    unjudged: tensors.filter(isList).map(({ name }) => name),
  };
}

function columnsOf(input: TensorSpec, inputs: number, columns: readonly string[]): string[] {
  const { name, shape } = input;
  if (shape[0] !== -1) {
    throw refusal(
      `input ${name} has the shape [${shape.join(', ')}]; its first dimension must be a batch of any size`,
      name,
    );
  }
  const width = widthOf(input);
  if (width === undefined) throw refusal(`input ${name} has rows of any size, which no table has`, name);
  if (width === 1 && columns.includes(name)) return [name];
  if (inputs === 1 && columns.length === width) return [...columns];
  const wanted = inputs === 1 ? `${width} columns, and it has ${columns.length}` : `a column ${name}`;
  throw refusal(`the model wants ${wanted}: the table has ${columns.join(', ')}`, name);
}

/** Values of one row; undefined: any number. */
function widthOf({ shape }: TensorSpec): number | undefined {
  const row = shape.slice(1);
  return row.includes(-1) ? undefined : row.reduce((product, size) => product * size, 1);
}

const isList = (spec: TensorSpec): boolean => widthOf(spec) !== 1;

/** Numbers are numeric. Texts and truths are categories, and so is a whole number that a model answers: a class. */
function featureOf({ name, datatype }: TensorSpec, answered: boolean): FeatureDefinition {
  const category = datatype === 'BYTES' || datatype === 'BOOL' || (answered && /INT/.test(datatype));
  if (category) return { name, kind: 'categorical', from: { kind: 'value', tensor: name } };
  const numeric = { name, kind: 'numeric', from: { kind: 'value', tensor: name } } as const;
  return { ...numeric, datatype: datatype === 'FP32' ? 'FP32' : 'FP64' };
}

/** The rows as one batch of the model's inputs. Throws SIGNATURE_MISMATCH naming the value that does not fit. */
export function batchOf({ signature, columns }: ImportPlan, rows: readonly LoggedRow[]): Record<string, Tensor> {
  return Object.fromEntries(
    signature.inputs.map(({ name, datatype, shape }) => {
      const values = rows.flatMap((row) =>
        (columns.get(name) ?? []).map((column) => fitting(row[column]?.[0], datatype)),
      );
      return [name, tensorOf(datatype, [rows.length, ...shape.slice(1)], values, name)];
    }),
  );
}

/** A cell as the datatype wants it: a missing number is null, a text that is wanted is written out. */
function fitting(
  value: number | string | undefined,
  datatype: TensorSpec['datatype'],
): number | string | boolean | null {
  if (datatype === 'BYTES') return value === undefined ? '' : String(value);
  if (datatype === 'BOOL') return value === 'true' || value === 1;
  return value === undefined || Number.isNaN(value) ? null : value;
}

/** Rows spread evenly over the table, first and last among them. */
export function spread<Row>(rows: readonly Row[], count: number): Row[] {
  if (rows.length <= count) return [...rows];
  return Array.from({ length: count }, (_, at) => rows[Math.round((at * (rows.length - 1)) / (count - 1))] as Row);
}

const refusal = (why: string, field: string): Problem =>
  new Problem('IMPORT_DATA_INVALID', `The model cannot be asked these rows: ${why}`, { field });
