import { fromBinary } from '@bufbuild/protobuf';
import { PredictionSchema } from '@vinaigrette/contracts/events';
import { readSegments } from '@vinaigrette/event-log';

/** The ids of every prediction in the gateways' own segments, once for each time it stands there. */
export async function loggedIds(eventLogDir: string): Promise<string[]> {
  const ids: string[] = [];
  for await (const { topic, body } of readSegments(eventLogDir)) {
    if (topic === 'predictions') ids.push(fromBinary(PredictionSchema, body).predictionId);
  }
  return ids;
}
