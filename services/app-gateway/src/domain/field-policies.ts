import type { Tensors } from '@vinaigrette/serving';

/** What the log keeps of a field: all of it, a text that only says whether two are equal, or nothing. */
export type FieldPolicy = 'keep' | 'hash' | 'drop';

/** By tensor, and `unit`; what is not listed is kept. */
export type FieldPolicies = Readonly<Record<string, FieldPolicy>>;

/** Makes a text unrecognisable; equal texts stay equal. */
export type Hash = (text: string) => string;

/** The tensors as the log may hold them. A number has no hash that is a number: it is dropped. */
export function keptTensors(tensors: Tensors, policies: FieldPolicies, hash: Hash): Tensors {
  const named = Object.keys(policies).filter((name) => policies[name] !== 'keep' && Object.hasOwn(tensors, name));
  if (named.length === 0) return tensors;
  const kept = { ...tensors };
  for (const name of named) {
    const tensor = tensors[name];
    if (policies[name] === 'hash' && tensor?.datatype === 'BYTES') {
      const texts = tensor.data as readonly string[];
      kept[name] = { ...tensor, data: hashed(texts, hash) };
    } else delete kept[name];
  }
  return kept;
}

/** Texts under a policy; an empty text is missing, and stays so. */
export function keptTexts(texts: readonly string[], policy: FieldPolicy = 'keep', hash: Hash): string[] {
  if (policy === 'drop') return [];
  return policy === 'hash' ? hashed(texts, hash) : [...texts];
}

const hashed = (texts: readonly string[], hash: Hash): string[] => texts.map((text) => (text === '' ? '' : hash(text)));
