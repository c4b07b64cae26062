import type { Provenance } from '@vinaigrette/training';
import type { Preparation } from './domain/prepare.js';
import type { SegmentationName } from './domain/segmentation.js';

/** The model card: where a version comes from and what it tells apart. Contents of card.json; times are ISO 8601 UTC. */
export interface Card {
  format: 1;
  model: 'segments';
  trainedAt: string;
  segmentation: SegmentationName;
  /** The very source (SHA-256 of a file as it is stored), and what became of its rows. */
  data: Provenance;
  customers: number;
  lines: number;
  leftOut: number;
  /** The day recency is counted from; null where nothing is. */
  asOf: string | null;
  parameters: { clusters: number; starts: number; seed: number };
  preparation: Preparation;
  /** Sum of squared distances to the nearest centre, in prepared units. */
  inertia: number;
  /** The same for other numbers of clusters: where it stops falling fast, more segments tell little more. */
  inertiaByClusters: Record<string, number>;
  /** In the order of the graph's `cluster`. Centres are in prepared units. */
  segments: { name: string; customers: number; centre: readonly number[] }[];
  /** One thread of the machine that trained, in microseconds a row. */
  cost: { batch1: number; batch32: number };
  baseline: { rows: number };
}
