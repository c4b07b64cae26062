import type { ModelVersion } from '@vinaigrette/contracts/registry';
import { loggedSchema, parseSignature, schemaIdOf, type LoggedColumn, type Signature } from '@vinaigrette/signature';
import type { BestSeller } from './basket.js';
import { parseJson } from './parse-json.js';

/** What is known of a version that may be met in an answer. */
export interface KnownVersion {
  model: string;
  version: number;
  signature: Signature;
  schema: LoggedColumn[];
  schemaId: Uint8Array;
  /** Best first; empty: the version brought none. */
  bestSellers: readonly BestSeller[];
}

/** Throws a Problem when the version's signature cannot be read. */
export function knownVersion(
  { model, version, signatureJson }: Pick<ModelVersion, 'model' | 'version' | 'signatureJson'>,
  bestSellers: readonly BestSeller[],
): KnownVersion {
  const signature = parseSignature(parseJson(signatureJson));
  const schema = loggedSchema(signature);
  return { model, version, signature, schema, schemaId: schemaIdOf(schema), bestSellers };
}
