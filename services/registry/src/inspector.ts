import type { Lineage } from '@vinaigrette/lineage';
import type { Signature } from '@vinaigrette/signature';

/** Looks into the files of a version before it becomes one, without trusting them. */
export abstract class Inspector {
  /**
   * Reads the graph, compares it with signature.json, checks baseline.json and lineage.json, and lets the model answer golden.json.
   * Throws MODEL_INVALID, SIGNATURE_MISMATCH, BASELINE_INVALID, LINEAGE_INVALID or GOLDEN_MISMATCH.
   */
  abstract inspect(folder: string): Promise<Inspection>;
}

export interface Inspection {
  signature: Signature;
  hasBaseline: boolean;
  /** undefined: the files do not tell. */
  lineage?: Lineage | undefined;
}
