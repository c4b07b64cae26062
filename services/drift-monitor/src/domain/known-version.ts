import { gridOf, PackedCounter, parseBaseline, type Grid } from '@vinaigrette/drift';
import { loggedSchema, parseSignature, schemaIdOf, type LoggedColumn } from '@vinaigrette/signature';

/** What must be known of a model version to count its predictions. */
export interface KnownVersion {
  model: string;
  version: number;
  /** SHA-256 of the logged schema, lower-case hex. */
  schemaId: string;
  schema: LoggedColumn[];
  /** Absent: the version has no usable baseline; `fault` says why when it has one. */
  grid?: Grid;
  /** Counts packed rows on the grid; there when it is. */
  counter?: PackedCounter;
  fault?: string;
  baselineSha256?: string;
  /** Milliseconds since the epoch; absent: nobody has told. */
  registeredAtMs?: number;
}

/** A version as it is kept: the registry's own words. */
export interface VersionSource {
  model: string;
  version: number;
  signatureJson: string;
  /** The file's text; absent: none was registered. */
  baselineJson?: string;
  baselineSha256?: string;
  registeredAtMs?: number;
}

/**
 * Makes a version ready for counting. A baseline that cannot be used leaves the version without one, with the reason: its
 * predictions are counted all the same. Throws when the signature cannot be read: then nothing of it can be.
 */
export function knownVersion({
  model,
  version,
  signatureJson,
  baselineJson,
  baselineSha256,
  registeredAtMs,
}: VersionSource): KnownVersion {
  const schema = loggedSchema(parseSignature(JSON.parse(signatureJson)));
  const known: KnownVersion = { model, version, schema, schemaId: hex(schemaIdOf(schema)) };
  if (registeredAtMs !== undefined) known.registeredAtMs = registeredAtMs;
  if (baselineJson === undefined) return known;
  if (baselineSha256 !== undefined) known.baselineSha256 = baselineSha256;
  try {
    const grid = gridOf(parseBaseline(JSON.parse(baselineJson)));
    return { ...known, grid, counter: new PackedCounter(grid, schema) };
  } catch (error) {
    return { ...known, fault: (error as Error).message };
  }
}

export const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');
