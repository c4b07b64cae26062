import { Problem } from '@vinaigrette/problems';
import { z } from 'zod';

const digest = z.string().regex(/^[0-9a-f]{64}$/);
const name = z.string().regex(/^[a-z0-9-]{1,64}$/);

/** What Git keeps in place of the data: which bytes are meant, and what they are called. */
export const pointerSchema = z.strictObject({
  format: z.literal(1),
  name,
  /** SHA-256 of the file, lower-case hexadecimal. */
  digest,
  file: z.string().regex(/^[A-Za-z0-9._=-]{1,128}$/),
  sizeBytes: z.number().int().min(0),
  addedAt: z.iso.datetime(),
});
export type DataPointer = z.infer<typeof pointerSchema>;

/** How the end of a pointer file's name looks. */
export const POINTER_SUFFIX = '.data.json';
const PREFIX_MIN = 6;

/** A data version as people write it: the path of its pointer file, or sales@ and the first digits of its digest. */
export type DataReference = { pointer: string } | { name: string; digest: string };

/** Throws DATA_NOT_FOUND when it is neither. */
export function dataReference(word: string): DataReference {
  if (word.endsWith(POINTER_SUFFIX)) return { pointer: word };
  const [, named, digits] = /^([a-z0-9-]{1,64})@([0-9a-f]{1,64})$/.exec(word) ?? [];
  if (named === undefined || digits === undefined || digits.length < PREFIX_MIN) {
    throw new Problem(
      'DATA_NOT_FOUND',
      `${word} is neither a pointer file (...${POINTER_SUFFIX}) nor a name and at least ${PREFIX_MIN} digits of a digest`,
    );
  }
  return { name: named, digest: digits };
}

/** Reads a pointer file. Throws DATA_NOT_FOUND when it is none. */
export function parsePointer(text: string, path: string): DataPointer {
  try {
    return pointerSchema.parse(JSON.parse(text));
  } catch (cause) {
    throw new Problem('DATA_NOT_FOUND', `${path} is no pointer to data`, { cause });
  }
}

/** Where the bytes lie in a store: named for people too, so that a program finds its file's ending. */
export const dataKey = ({ digest: of, file }: Pick<DataPointer, 'digest' | 'file'>): string => `data/${of}/${file}`;

/** Where a store keeps the pointer itself, so that it can be found by name. */
export const pointerKey = ({ name: of, digest: by }: Pick<DataPointer, 'name' | 'digest'>): string =>
  `names/${of}/${by}`;

/** A file's name as stores take it. */
export const storedName = (file: string): string => file.replaceAll(/[^A-Za-z0-9._=-]/g, '-').slice(-128);
