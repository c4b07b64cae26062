import { z } from 'zod';
import { parseOptions } from '@vinaigrette/training';
import { segmentationNames } from './domain/segmentation.js';

const schema = z.strictObject({
  /** Path of the CSV file, plain or .gz. */
  input: z.string().min(1),
  segmentation: z.enum(segmentationNames),
  /** Absent: as many as the segmentation says. */
  clusters: z.number().int().min(2).max(50).optional(),
  /** Runs of k-means, of which the best is kept. */
  starts: z.number().int().min(1).max(1_000).default(100),
  seed: z.number().int().min(0).max(1_000_000).default(1),
  /** The day recency is counted from, `2011-07-01`; later sales are not seen. Absent: the day after the last sale. */
  asOf: z.iso.date().optional(),
  /** Folder for the version's files; made when missing, files of the same names are replaced. */
  outDir: z.string().min(1),
});

export type TrainingOptions = z.input<typeof schema>;
export type CheckedOptions = z.output<typeof schema>;

/** Fills in what is left open. Throws TRAINING_OPTION_INVALID naming the first option that is wrong. */
export const checkOptions = (options: TrainingOptions): CheckedOptions => parseOptions(schema, options);

/** What `train` does when an option is left out; for the command line's help. */
export const optionDefaults = schema.pick({ starts: true, seed: true }).parse({});
