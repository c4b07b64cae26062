const WORD = /^[A-Za-z0-9._=-]+$/;
const KEY_LENGTH_MAX = 900; // S3 takes 1,024 bytes, of which the prefix has some

/** The folder of what is not yet whole; no key leads into it. */
export const SCRATCH = 'scratch';

/** Throws a RangeError for what could lead out of the store, or into its halves: callers make keys, users never do. */
export function checkKey(key: string): void {
  const words = key.split('/');
  const fine = words.every((word) => WORD.test(word) && word !== '.' && word !== '..');
  if (!fine || words[0] === SCRATCH || key.length > KEY_LENGTH_MAX)
    throw new RangeError(`No object can have the key ${JSON.stringify(key)}`);
}
