import { create, type MessageInitShape } from '@bufbuild/protobuf';
import {
  ModelStatisticsSchema,
  type ModelStatistics,
  type StatisticDurationSchema,
} from '@vinaigrette/contracts/inference';
import type { Version } from '../../domain/plan-versions.js';
import type { Tally, VersionStatistics } from '../../model-statistics.js';

/** What a version did, in Triton's words. */
export function statisticsOf({ model, number }: Version, statistics: VersionStatistics): ModelStatistics {
  const { success, fail, queue, computeInput, computeInfer, computeOutput } = statistics;
  return create(ModelStatisticsSchema, {
    name: model,
    version: String(number),
    lastInference: BigInt(statistics.lastInferenceMs),
    inferenceCount: BigInt(statistics.inferences),
    executionCount: BigInt(statistics.executions),
    inferenceStats: {
      success: durationOf(success),
      fail: durationOf(fail),
      queue: durationOf(queue),
      computeInput: durationOf(computeInput),
      computeInfer: durationOf(computeInfer),
      computeOutput: durationOf(computeOutput),
    },
    batchStats: [...statistics.batches]
      .sort(([a], [b]) => a - b)
      .map(([rows, tally]) => ({ batchSize: BigInt(rows), computeInfer: durationOf(tally) })),
  });
}

const durationOf = ({ count, seconds }: Tally): MessageInitShape<typeof StatisticDurationSchema> => ({
  count: BigInt(count),
  ns: BigInt(Math.round(seconds * 1e9)),
});
