import { Problem } from '@vinaigrette/problems';
import { tensorOf, type LoggedRow, type Signature, type Tensor } from '@vinaigrette/signature';

/**
 * Logged rows as one batch of a model's inputs. Lists of text are filled up with empty texts to the longest of the batch.
 * Throws SIGNATURE_MISMATCH when the log does not hold what the model wants to be asked.
 */
export function inputsOfRows(signature: Signature, rows: readonly LoggedRow[]): Record<string, Tensor> {
  return Object.fromEntries(
    signature.inputs.map(({ name, datatype, shape }) => {
      const values = rows.map((row) => {
        const logged = row[name];
        if (!logged) throw refusal(`the log does not keep input ${name}, so it cannot be asked again`, name);
        return logged;
      });
      const longest = Math.max(1, ...values.map(({ length }) => length));
      const dims = shape.slice(1).map((size) => (size === -1 ? longest : size));
      const width = dims.reduce((product, size) => product * size, 1);
      const filled = values.flatMap((one) => fill(one, width, datatype === 'BYTES', name));
      return [name, tensorOf(datatype, [rows.length, ...dims], filled, name)];
    }),
  );
}

function fill(values: readonly (number | string)[], width: number, text: boolean, name: string) {
  if (values.length > width || (values.length < width && !text)) {
    throw refusal(`the log keeps ${values.length} values of input ${name}, and it wants ${width}`, name);
  }
  const known = values.map((value) => (Number.isNaN(value) ? null : value));
  return [...known, ...Array.from({ length: width - values.length }, () => '')];
}

const refusal = (why: string, field: string): Problem =>
  new Problem('SIGNATURE_MISMATCH', `The version cannot be judged on this set: ${why}`, { field });
