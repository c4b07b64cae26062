import type { PromotionPolicy } from '@vinaigrette/documents';

/** A failure that no later version may repeat. */
export type Incident = PromotionPolicy['cases'][number];

/** The policy with one case more. Throws a RangeError when it has one of that id: cases are only ever added. */
export function withCase(policy: PromotionPolicy, incident: Incident): PromotionPolicy {
  if (policy.cases.some(({ id }) => id === incident.id)) {
    throw new RangeError(`The policy has a case ${incident.id} already; cases are only ever added`);
  }
  return { ...policy, cases: [...policy.cases, incident] };
}
