import type { Tensor } from '@vinaigrette/signature';
import { numericInputs, textInputs, type Insured } from './insured.js';

/** People as the graph's inputs: float32 and text, [B, 1] each. */
export function insuredTensors(people: readonly Insured[]): Record<string, Tensor> {
  const shape = [people.length, 1];
  const numbers = numericInputs.map((name): [string, Tensor] => [
    name,
    { datatype: 'FP32', shape, data: Float32Array.from(people, (person) => person[name]) },
  ]);
  const texts = textInputs.map((name): [string, Tensor] => [
    name,
    { datatype: 'BYTES', shape, data: people.map((person) => person[name]) },
  ]);
  return Object.fromEntries([...numbers, ...texts]);
}
