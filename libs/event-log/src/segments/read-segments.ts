import { join } from 'node:path';
import { silent, topics, type EventRecord, type Topic } from '../event-log.js';
import { gatewayIdsBelow } from './segment-files.js';
import { SegmentTail } from './segment-tail.js';

/**
 * Every record that is in the segments of all gateways below `dir` now, once: of each gateway and topic in order. Ends
 * where a `SegmentReader` would wait for more. For whoever looks at a log, not for whoever follows it.
 */
export async function* readSegments(dir: string): AsyncGenerator<EventRecord & { topic: Topic }> {
  for (const gatewayId of gatewayIdsBelow(dir)) {
    for (const topic of topics) {
      const tail = new SegmentTail(join(dir, gatewayId, topic), gatewayId, silent);
      try {
        for (let records = await tail.read(); records.length > 0; records = await tail.read()) {
          for (const record of records) yield { ...record, topic };
        }
      } finally {
        await tail.close();
      }
    }
  }
}
