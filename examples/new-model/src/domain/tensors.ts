import type { Tensor } from '@vinaigrette/signature';
import { inputs, type Customer } from './columns.js';

/** Customers as the graph takes them. */
export function tensorsOf(customers: readonly Customer[]): Record<string, Tensor> {
  return Object.fromEntries(
    inputs.map((name, at) => [
      name,
      {
        datatype: 'FP32',
        shape: [customers.length, 1],
        data: Float32Array.from(customers, (customer) => customer[at] as number),
      } satisfies Tensor,
    ]),
  );
}
