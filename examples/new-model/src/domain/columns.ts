/** The numbers a customer is known by, as the graph takes them: float32 [B, 1] each, NaN where unknown. */
export const inputs = ['visits', 'spent', 'daysSince'] as const;

/** What is to be told, and the words for it in the rows: they came back, or they did not. */
export const label = 'returned';
export const words = { yes: 1, no: 0 } as const;

/** Values in the order of the inputs; NaN: unknown. */
export type Customer = readonly number[];

export interface Row {
  customer: Customer;
  /** 1: returned. */
  returned: number;
}
