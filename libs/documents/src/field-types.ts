import { z } from 'zod';

/** What a field that a condition may read can hold; `texts` is a list of texts. */
export const fieldTypes = ['number', 'text', 'flag', 'texts'] as const;

export type FieldType = (typeof fieldTypes)[number];

/** Words CEL keeps for itself: a field called so could not be read. */
const reserved = new Set(
  (
    'as break const continue else false for function if import in let loop namespace null package prototype return ' +
    'true var void while constructor __proto__'
  ).split(' '),
);

/** A name that is a CEL identifier and a PostgreSQL column alike. */
export const identifier = z
  .string()
  .regex(/^[A-Za-z_][A-Za-z0-9_]{0,62}$/, 'must be a letter or _, then at most 62 letters, digits or _')
  .refine((word) => !reserved.has(word), 'is a word that CEL keeps for itself');

/** Most fields that one row of a table, or one request, may bring. */
const FIELDS_MAX = 64;

/** The type of each field, by its name. */
export const fields = z
  .record(identifier, z.enum(fieldTypes))
  .refine((declared) => Object.keys(declared).length <= FIELDS_MAX, `may hold ${FIELDS_MAX} fields at most`);

export type Fields = z.infer<typeof fields>;
