import { DataType, OnnxGraph } from '@vinaigrette/onnx-graph';
import type { Clustering } from './cluster.js';
import type { Preparation } from './prepare.js';
import type { Segmentation } from './segmentation.js';

/**
 * The whole way from a customer's numbers to a segment: unknown values replaced, transformed, scaled, nearest centre.
 *
 * In: one float32 [B, 1] for each feature, NaN where unknown. Out: `segment` string [B, 1], `cluster` int64 [B, 1] (the
 * centre's place) and `distance` float32 [B, 1] (to the centre, in scaled units: how typical a member the customer is).
 */
export function segmentGraph(
  { features }: Segmentation,
  { medians, means, scales }: Preparation,
  centres: Clustering['centres'],
  names: readonly string[],
): Uint8Array {
  const graph = new OnnxGraph('segments', 'Tells which segment a customer belongs to: the nearest centre of k-means');
  const zero = graph.floats('zero', [], [0]);
  const prepared = features.map(({ name, transform }, column) => {
    const given = graph.input(name, DataType.FLOAT, ['batch', 1]);
    const median = graph.floats(`${name}Median`, [], [medians[column] as number]);
    const known = graph.node('Where', [graph.node('IsNaN', [given]), median, given]);
    if (transform === 'none') return known;
    const one = graph.floats(`${name}One`, [], [1]);
    return graph.node('Log', [graph.node('Add', [graph.node('Max', [known, zero]), one])]);
  });
  const joined = graph.node('Concat', prepared, { axis: 1 }); // [B, F]
  const centred = graph.node('Sub', [joined, graph.floats('means', [features.length], means)]);
  const scaled = graph.node('Div', [centred, graph.floats('scales', [features.length], scales)]);
  const points = graph.node('Unsqueeze', [scaled, graph.integers('middle', [1], [1])]); // [B, 1, F]
  const places = graph.floats('centres', [1, centres.length, features.length], centres.flat());
  const last = graph.integers('last', [1], [2]);
  const squared = graph.node('ReduceSumSquare', [graph.node('Sub', [points, places]), last], { keepdims: 0 }); // [B, K]
  const cluster = graph.node('ArgMin', [squared], { axis: 1, keepdims: 1 }, 'cluster');
  graph.node('Gather', [graph.strings('names', names), cluster], { axis: 0 }, 'segment');
  const axis = graph.integers('axis', [1], [1]);
  graph.node('Sqrt', [graph.node('ReduceMin', [squared, axis], { keepdims: 1 })], {}, 'distance');
  graph.output('segment', DataType.STRING, ['batch', 1]);
  graph.output('cluster', DataType.INT64, ['batch', 1]);
  graph.output('distance', DataType.FLOAT, ['batch', 1]);
  return graph.toBytes();
}
