import type { Rejected, ScoredRows } from '../domain/batch-rows.js';
import type { Position } from './batch-source.js';

/** What is scored, and by what: a run that was cut off goes on only as the same. */
export interface BatchJob {
  useCase: string;
  useCaseVersion: number;
  modelVersion: number;
  /** 0: no rule set. */
  ruleSetVersion: number;
  input: string;
  key: string | undefined;
  outputs: readonly string[] | undefined;
}

export interface Checkpoint {
  job: BatchJob;
  position: Position;
  rejected: number;
}

/** Where answers go. What a checkpoint counts is there once, and nothing else is, however the run before ended. */
export interface Scores {
  /** Of a run that was cut off. */
  checkpoint: Checkpoint | undefined;
  /** Opens for a new run, or to go on from the checkpoint. */
  begin(): Promise<void>;
  append(scored: ScoredRows, checkpoint: Checkpoint): Promise<void>;
  /** The output is whole: there is nothing to resume. */
  finish(broken: readonly Rejected[]): Promise<void>;
  close(): Promise<void>;
}
