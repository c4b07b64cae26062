import type { Intake, IntakeReport, SourceIdentity, TableSource } from '@vinaigrette/tables';
import type { z } from 'zod';

/** Where a version comes from: the very source, and what became of its rows. A part of every card. */
export type Provenance = SourceIdentity & IntakeReport;

/** Told after each step of the work, in words for people. */
export type Progress = (done: string) => void;

/** Contents of a version's files by name, JSON where they are not bytes; card.json is the last. */
export type VersionFiles<Card> = Record<string, unknown> & { 'card.json': Card };

/** Numbers a version reached, also by sub-population, "dimension=value"; null: it cannot be told. */
export interface Reached {
  metrics: Record<string, number | null>;
  segments?: { segment: string; rows: number; metrics: Record<string, number | null> }[];
}

/**
 * How a model is made: load, which alone knows where rows come from; train, which computes and answers files; score,
 * which says what parameters are worth. A RangeError of the last two says that nothing can be learned from these rows.
 */
export interface Recipe<Schema extends z.ZodObject, Data, Card> {
  model: string;
  /** What versions of it answer, for the command line's help. */
  about: string;
  /** Every parameter with its range, its default where it has one, and a description. */
  parameters: Schema;
  /** Parameters that loading reads. */
  loadParameters: readonly (keyof Schema['shape'] & string)[];
  /** Anything structured clone can copy. */
  load(source: TableSource, parameters: z.output<Schema>, intake: Intake): Promise<Data>;
  train(
    data: Data,
    parameters: z.output<Schema>,
    provenance: Provenance,
    progress: Progress,
  ): Promise<VersionFiles<Card>>;
  /**
   * On rows held back, having learned from a share of the others; higher is better. What it measures is `scoredBy`.
   */
  score(data: Data, parameters: z.output<Schema>, share: number): Promise<number> | number;
  scoredBy: string;
  /** What the card says it reached on rows held back, for the lineage. */
  reached(card: Card): Reached;
}
