import { Problem } from '@vinaigrette/problems';

/**
 * The places of the wanted columns among those a table has. A column is known by its letters and digits:
 * `InvoiceNo`, `invoice_no` and `Invoice No` are one, since databases and exports spell as they like. Throws
 * TRAINING_DATA_INVALID naming what is missing, or what is there twice.
 */
export function findColumns(wanted: readonly string[], present: readonly string[], name: string): number[] {
  const places = wanted.map((column) => {
    const exact = present.indexOf(column);
    if (exact >= 0) return [exact];
    return present.flatMap((other, place) => (plain(other) === plain(column) ? [place] : []));
  });
  const missing = wanted.filter((_, at) => places[at]?.length === 0);
  if (missing.length > 0) {
    const message = `${name} has no column ${missing.join(', ')}; it has ${present.join(', ') || 'none'}`;
    throw new Problem('TRAINING_DATA_INVALID', message, { field: missing[0] as string });
  }
  const twice = wanted.find((_, at) => (places[at]?.length ?? 0) > 1);
  if (twice !== undefined) {
    throw new Problem('TRAINING_DATA_INVALID', `${name} has the column ${twice} twice`, { field: twice });
  }
  return places.map(([place]) => place as number);
}

const plain = (column: string): string => column.toLowerCase().replace(/[^\p{L}\p{N}]/gu, '');
