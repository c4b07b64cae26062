export {
  EventLogReader,
  topics,
  type EventBatch,
  type EventConsumer,
  type EventLogLogger,
  type EventRecord,
  type PartitionLag,
  type Topic,
} from './event-log.js';
export {
  openEventLogWriter,
  type EventLogWriter,
  type EventLogWriterOptions,
  type EventLogWriterStats,
} from './segments/writer.js';
export { SegmentReader, type SegmentReaderOptions, type SegmentReaderStats } from './segments/segment-reader.js';
export { readSegments } from './segments/read-segments.js';
export type { KafkaSecurity } from './kafka/client.js';
export {
  startKafkaShipper,
  type KafkaShipper,
  type KafkaShipperOptions,
  type TopicShipperStats,
} from './kafka/shipper.js';
export { KafkaReader, type KafkaReaderOptions, type KafkaReaderStats } from './kafka/reader.js';
