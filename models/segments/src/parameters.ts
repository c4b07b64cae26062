import { z } from 'zod';
import { segmentationNames } from './domain/segmentation.js';

export const parameters = z.object({
  segmentation: z.enum(segmentationNames).describe('what tells customers apart'),
  asOf: z.iso.date().optional().describe('day that recency is counted from; later sales are not seen'),
  clusters: z.number().int().min(2).max(50).optional().describe('how many segments; else rfm 4, demographic 5'),
  starts: z.number().int().min(1).max(1_000).default(100).describe('runs of k-means, of which the best is kept'),
  seed: z.number().int().min(0).max(1_000_000).default(1).describe('the same seed finds the same segments'),
});
export type Parameters = z.output<typeof parameters>;
