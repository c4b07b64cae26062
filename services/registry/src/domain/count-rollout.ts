import type { ReportRolloutCountsRequest, VariantCounts } from '@vinaigrette/contracts/registry';
import { Problem } from '@vinaigrette/problems';

/** What was counted of one side of a rollout. */
export interface SideCounts {
  requests: number;
  errors: number;
  fallbacks: number;
  slow: number;
  successes: number;
}

/** What was counted at one step. */
export interface StepCounts {
  step: number;
  candidate: SideCounts;
  control: SideCounts;
}

export const NOTHING_COUNTED: SideCounts = { requests: 0, errors: 0, fallbacks: 0, slow: 0, successes: 0 };

const FIELDS = ['requests', 'errors', 'fallbacks', 'slow', 'successes'] as const;

/** A report's counts. Throws BODY_INVALID naming the field, also when more failed than was asked. */
export function stepCounts({ step, candidate, control }: ReportRolloutCountsRequest): StepCounts {
  return { step, candidate: sideCounts(candidate, 'candidate'), control: sideCounts(control, 'control') };
}

function sideCounts(counts: VariantCounts | undefined, side: string): SideCounts {
  if (!counts) return NOTHING_COUNTED;
  const entries = FIELDS.map((field) => {
    const value = counts[field];
    if (value > Number.MAX_SAFE_INTEGER) refuse(`${side}.${field}`, `${value} is more than can have been counted`);
    if (field !== 'successes' && value > counts.requests) {
      refuse(`${side}.${field}`, `${value} of ${counts.requests} requests is more than all`);
    }
    return [field, Number(value)] as const;
  });
  return Object.fromEntries(entries) as unknown as SideCounts;
}

function refuse(field: string, message: string): never {
  throw new Problem('BODY_INVALID', message, { field });
}
