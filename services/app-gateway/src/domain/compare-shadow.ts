import type { Outputs, OutputValue, Tensors } from '@vinaigrette/serving';
import { rowOf } from '@vinaigrette/signature';

/** How far a shadow's answer is from the one that was shown. */
export interface ShadowDifference {
  /** Of lists of text: the share of the first ten that both hold, 0..1; undefined: no such output. */
  rankOverlap: number | undefined;
  /** Largest difference of two numbers at the same place; undefined: no number in both. */
  scoreDelta: number | undefined;
}

/** So far down a list is looked. */
const RANKS = 10;

/** Of the first row of both answers, over the outputs they share. */
export function shadowDifference(shown: Tensors, shadow: Tensors): ShadowDifference {
  const difference: ShadowDifference = { rankOverlap: undefined, scoreDelta: undefined };
  for (const [name, tensor] of Object.entries(shown)) {
    const other = shadow[name];
    if (other?.datatype !== tensor.datatype || tensor.shape.length > 2) continue;
    const [a, b] = [rowOf(tensor, 0), rowOf(other, 0)];
    if (tensor.datatype === 'BYTES') difference.rankOverlap = Math.min(difference.rankOverlap ?? 1, overlap(a, b));
    else if (tensor.datatype !== 'BOOL') {
      const deltas = a.map((value, at) => Math.abs(Number(value) - Number(b[at]))).filter(Number.isFinite);
      if (deltas.length > 0) difference.scoreDelta = Math.max(difference.scoreDelta ?? 0, ...deltas);
    }
  }
  return difference;
}

/** What rules make of a model's answer. */
export interface Ruled {
  /** SKUs, of a recommendation. */
  shown: readonly string[];
  /** Of a prediction. */
  outputs: Outputs;
  /** Ids of the rules that fired. */
  fired: readonly string[];
}

/** How far what some rules make of an answer is from what others make of it. */
export function ruledDifference(inForce: Ruled, shadow: Ruled): ShadowDifference {
  const deltas = Object.entries(inForce.outputs).flatMap(([name, value]) => {
    const others = numbersOf(shadow.outputs[name] ?? null);
    return numbersOf(value).map((one, at) => Math.abs(one - (others[at] ?? NaN)));
  });
  const numbers = deltas.filter(Number.isFinite);
  const nothing = inForce.shown.length + shadow.shown.length === 0;
  return {
    rankOverlap: nothing ? undefined : overlap(inForce.shown, shadow.shown),
    scoreDelta: numbers.length === 0 ? undefined : Math.max(...numbers),
  };
}

function numbersOf(value: OutputValue): number[] {
  if (Array.isArray(value)) return value.flatMap(numbersOf);
  return typeof value === 'number' ? [value] : [];
}

/** Empty slots do not count; two empty lists are the same. */
function overlap(one: readonly unknown[], other: readonly unknown[]): number {
  const [a, b] = [one, other].map((list) => new Set(list.filter((text) => text !== '').slice(0, RANKS))) as [
    Set<unknown>,
    Set<unknown>,
  ];
  const most = Math.max(a.size, b.size);
  return most === 0 ? 1 : [...a].filter((text) => b.has(text)).length / most;
}
