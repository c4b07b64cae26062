import type { Labelled } from '@vinaigrette/learning';
import type { House } from '../house.js';
import { insured, type Insured } from '../insured.js';
import { call, feedback, trusted } from '../shop.js';

const IN_FLIGHT = 8;

/** What a year costs by a rule that a linear model can say exactly; `child` is what one costs. */
export const billOf = ({ age, children, smoker }: Insured, child: number): number =>
  1_000 + 3 * age * age + child * children + (smoker === 'yes' ? 10_000 : 0);

export interface Quote {
  predictionId: string;
  outputs: { charges: number };
  servedBy: { version: number; variant: string; fallback: string | null };
}

export async function quote(house: House, person: Insured, occurredAt?: string): Promise<Quote> {
  const url = `${house.gatewayUrl}/v1/predictions/quote`;
  const answer = await call<Quote>(url, { inputs: person, ...(occurredAt ? { occurredAt } : {}) }, trusted);
  if (answer.status !== 200) throw new Error(`${answer.status} ${answer.text}`);
  return answer.body;
}

/** As a learner reads it of the log, where numbers are the graph's float32. */
const loggedOf = (person: Insured): Labelled['inputs'] =>
  Object.fromEntries(
    Object.entries(person).map(([name, value]) => [name, [typeof value === 'number' ? Math.fround(value) : value]]),
  );

/** Quotes the people from `first` to `last`, a minute each, and tells what each of them cost in the end. */
export async function quoteAndBill(
  house: House,
  [first, last]: [number, number],
  startMs: number,
  child: number,
): Promise<Labelled[]> {
  const billed: Labelled[] = [];
  let next = first;
  const ask = async () => {
    for (let n = next++; n < last; n = next++) {
      const [person, atMs] = [insured(n), startMs + n * 60_000];
      const occurredAt = new Date(atMs).toISOString();
      const { predictionId } = await quote(house, person, occurredAt);
      const number = billOf(person, child);
      await feedback(house, { predictionId, kind: 'label', value: number, occurredAt });
      billed.push({ predictionId, atMs, kind: 'label', skus: [], number, inputs: loggedOf(person) });
    }
  };
  await Promise.all(Array.from({ length: IN_FLIGHT }, ask));
  return billed;
}
