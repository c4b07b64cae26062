import type { LoggedRow } from '@vinaigrette/signature';

/** What became of a prediction. */
export interface Outcome {
  predictionId: string;
  /** Event time, milliseconds since the epoch. */
  atMs: number;
  kind: string;
  skus: readonly string[];
  /** The true number; absent: none was told. */
  number?: number | undefined;
}

/** A prediction's inputs, and what became of it. */
export interface Labelled extends Outcome {
  inputs: LoggedRow;
}

/** Numbers by name, of a version on the rows that were held out, and when the newest of them was. */
export interface Judged {
  rows: number;
  dataUntilMs: number;
  metrics: Record<string, number>;
}

/** Why an event taught nothing, as the counters call it. */
export type Refusal = 'unusable-label' | 'incomplete-inputs' | 'too-old';

/**
 * A model that learns while it serves, from one event on. What it knows is a function of the set of events it was given,
 * and not of their order; of some it keeps apart, by their ids, it learns nothing: versions are judged on them.
 */
export abstract class OnlineModel {
  /** Name in the registry. */
  abstract readonly model: string;
  /** Kinds of outcomes it learns from. */
  abstract readonly outcomeKinds: readonly string[];

  /** Takes an event in; says why not when it teaches nothing. Never throws. */
  abstract learn(labelled: Labelled): Refusal | undefined;

  /** What it knows as JSON: whoever gives it back goes on where this one stood. */
  abstract save(): unknown;

  /** What it holds, by name: sizes, weights, what was evicted. */
  abstract figures(): Record<string, number>;

  /**
   * Writes the files of a version into a folder and answers with a sentence about it. What is learnt in the meantime is
   * not in it. Throws RULES_NONE, TRAINING_DATA_INVALID ... when there is nothing to serve yet.
   */
  abstract writeVersion(outDir: string): Promise<string>;

  /** How a version, ours or anybody's, does on what was held out; undefined: nothing was held out yet. */
  abstract judge(onnx: Uint8Array): Promise<Judged | undefined>;
}
