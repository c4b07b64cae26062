import type { ITopicConfig, Kafka } from 'kafkajs';
import type { EventLogLogger } from '../event-log.js';

/** Where records go that Kafka refuses. */
export const DEAD_LETTERS = 'dead-letters';

/** Fixed, so that a key keeps its partition. */
const PARTITIONS = 12;

const wanted: ITopicConfig[] = [
  ...['predictions', 'outcomes'].map((topic) => ({ topic, numPartitions: PARTITIONS, configEntries: appendTime() })),
  {
    topic: DEAD_LETTERS,
    numPartitions: 1,
    configEntries: [...appendTime(), { name: 'max.message.bytes', value: String(20 * 1024 * 1024) }],
  },
];

/** Kafka's own clock decides how long a record is kept, however old the event it tells of. */
function appendTime(): { name: string; value: string }[] {
  return [{ name: 'message.timestamp.type', value: 'LogAppendTime' }];
}

/** Creates the topics that are missing, replicated as the broker's default says. Existing ones stay as they are. */
export async function createMissingTopics(kafka: Kafka, logger: EventLogLogger): Promise<void> {
  const admin = kafka.admin();
  await admin.connect();
  try {
    const existing = await admin.listTopics();
    for (const config of wanted.filter(({ topic }) => !existing.includes(topic))) {
      const created = await admin.createTopics({ topics: [config], waitForLeaders: true });
      if (created) logger.info({ topic: config.topic, partitions: config.numPartitions }, 'topic created');
    }
  } finally {
    await admin.disconnect();
  }
}
