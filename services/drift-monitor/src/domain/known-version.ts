import { gridOf, parseBaseline, type Baseline, type Grid } from '@vinaigrette/drift';
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
  fault?: string;
  baselineSha256?: string;
}

/** A version as it is kept: the registry's own words. */
export interface VersionSource {
  model: string;
  version: number;
  signatureJson: string;
  /** The file's text; absent: none was registered. */
  baselineJson?: string;
  baselineSha256?: string;
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
}: VersionSource): KnownVersion {
  const schema = loggedSchema(parseSignature(JSON.parse(signatureJson)));
  const known: KnownVersion = { model, version, schema, schemaId: hex(schemaIdOf(schema)) };
  if (baselineJson === undefined) return known;
  if (baselineSha256 !== undefined) known.baselineSha256 = baselineSha256;
  try {
    const baseline = parseBaseline(JSON.parse(baselineJson));
    const fault = misfit(baseline, schema);
    return fault === undefined ? { ...known, grid: gridOf(baseline) } : { ...known, fault };
  } catch (error) {
    return { ...known, fault: (error as Error).message };
  }
}

/** Why a baseline cannot be counted from the log, in a sentence; undefined when it can. */
function misfit(baseline: Baseline, schema: readonly LoggedColumn[]): string | undefined {
  for (const { name, kind, from } of baseline.features) {
    const column = schema.find((logged) => logged.name === from.tensor);
    if (!column) return `${name} reads ${from.tensor}, which the signature does not log`;
    const number = kind === 'numeric' && (from.kind === 'value' || from.kind === 'first');
    if (number && column.datatype === 'BYTES') return `${name} reads a number, but ${from.tensor} is text`;
  }
  return undefined;
}

export const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');
