import type { Baseline } from '@vinaigrette/drift';
import { Problem } from '@vinaigrette/problems';
import type { LoggedColumn } from '@vinaigrette/signature';

/**
 * Throws BASELINE_INVALID unless every feature can be computed from what the version leaves in the log: its tensor is
 * logged, and is not text where a number is wanted. Found here, it is a refusal; found later, a hole in the monitoring.
 */
export function checkBaseline(baseline: Baseline, logged: readonly LoggedColumn[]): void {
  const columns = new Map(logged.map((column) => [column.name, column]));
  baseline.features.forEach((feature, index) => {
    const { name, kind, from } = feature;
    const refuse = (why: string): never => {
      throw new Problem('BASELINE_INVALID', `Feature ${name} of baseline.json cannot be computed: ${why}`, {
        field: `features[${index}].from`,
      });
    };
    const column = columns.get(from.tensor);
    if (!column) return refuse(`${from.tensor} is not logged; logged are ${[...columns.keys()].join(', ')}`);
    const wantsNumber = kind === 'numeric' && (from.kind === 'value' || from.kind === 'first');
    if (wantsNumber && column.datatype === 'BYTES') return refuse(`${from.tensor} holds text, not numbers`);
    if (from.kind === 'value' && column.list) return refuse(`${from.tensor} holds a list, not one value`);
  });
}
