import type { Tensor } from '@vinaigrette/signature';
import type { CustomerRow, Segmentation } from './segmentation.js';

/** Customers as the graph's inputs: one float32 [B, 1] for each feature. */
export function customerTensors({ features }: Segmentation, rows: readonly CustomerRow[]): Record<string, Tensor> {
  return Object.fromEntries(
    features.map(({ name }, column) => [
      name,
      {
        datatype: 'FP32',
        shape: [rows.length, 1],
        data: Float32Array.from(rows, (row) => row[column] as number),
      } satisfies Tensor,
    ]),
  );
}
