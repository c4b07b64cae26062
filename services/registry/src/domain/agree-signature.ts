import { Problem } from '@vinaigrette/problems';
import { parseSignature, type Signature, type TensorSpec } from '@vinaigrette/signature';

/**
 * The signature of a version: inputs and outputs as the graph has them, `logged` as signature.json says. Throws
 * SIGNATURE_MISMATCH naming the tensor when the two tell of different models. `declared` undefined: no signature.json.
 */
export function agreeSignature(graph: Signature, declared: unknown): Signature {
  if (declared === undefined) return graph;
  const { inputs, outputs, logged } = parseSignature(declared);
  compare('input', graph.inputs, inputs);
  compare('output', graph.outputs, outputs);
  return { inputs: graph.inputs, outputs: graph.outputs, logged };
}

/** Order matters: it is the order the values are packed in. */
function compare(role: string, graph: readonly TensorSpec[], declared: readonly TensorSpec[]): void {
  for (let index = 0; index < Math.max(graph.length, declared.length); index++) {
    const [inGraph, inFile] = [text(graph[index]), text(declared[index])];
    if (inGraph === inFile) continue;
    throw new Problem(
      'SIGNATURE_MISMATCH',
      `The graph's ${role} ${index + 1} is ${inGraph}, but signature.json declares ${inFile}`,
      { field: graph[index]?.name ?? declared[index]?.name ?? role },
    );
  }
}

const text = (spec: TensorSpec | undefined): string =>
  spec ? `${spec.name} ${spec.datatype} [${spec.shape.join(', ')}]` : 'absent';
