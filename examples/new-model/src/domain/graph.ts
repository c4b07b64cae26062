import { DataType, OnnxGraph } from '@vinaigrette/onnx-graph';
import { inputs } from './columns.js';
import type { Model } from './fit.js';

/**
 * The whole way from a customer to a probability: unknown values replaced, scaled, weighed. In: a float32 [B, 1] for each
 * input, NaN where unknown. Out: `probability` float32 [B, 1].
 */
export function graphOf({ medians, means, scales, weights, bias }: Model): Uint8Array {
  const graph = new OnnxGraph('new-model', 'How likely a customer comes back');
  const values = inputs.map((name, at) => {
    const given = graph.input(name, DataType.FLOAT, ['batch', 1]);
    const median = graph.floats(`${name}Median`, [], [medians[at] as number]);
    return graph.node('Where', [graph.node('IsNaN', [given]), median, given]);
  });
  const centred = graph.node('Sub', [
    graph.node('Concat', values, { axis: 1 }),
    graph.floats('means', [inputs.length], means),
  ]);
  const scaled = graph.node('Div', [centred, graph.floats('scales', [inputs.length], scales)]);
  const weighed = graph.node('MatMul', [scaled, graph.floats('weights', [inputs.length, 1], weights)]);
  graph.node('Sigmoid', [graph.node('Add', [weighed, graph.floats('bias', [1], [bias])])], {}, 'probability');
  graph.output('probability', DataType.FLOAT, ['batch', 1]);
  return graph.toBytes();
}
