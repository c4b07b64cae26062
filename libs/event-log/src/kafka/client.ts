import { createRequire } from 'node:module';
import { Kafka, logLevel, type LogEntry } from 'kafkajs';
import type { EventLogLogger } from '../event-log.js';

interface RequestQueue {
  pending: unknown[];
  scheduleCheckPendingRequests(): void;
}

/**
 * kafkajs 2.2.4 sets a timer to look for waiting requests even when none waits, with a negative time (Node 24 warns),
 * and again each time it fires: every idle connection wakes the process a thousand times a second. A request that does
 * wait sets the timer itself, so nothing is missed.
 */
function setNoIdleTimers(): void {
  const load = createRequire(import.meta.url);
  const { prototype } = load('kafkajs/src/network/requestQueue/index.js') as { prototype: RequestQueue };
  const schedule = prototype.scheduleCheckPendingRequests;
  prototype.scheduleCheckPendingRequests = function (this: RequestQueue) {
    if (this.pending.length > 0) schedule.call(this);
  };
}
setNoIdleTimers();

export interface KafkaOptions {
  /** host:port of some brokers of the cluster. */
  brokers: string[];
  logger: EventLogLogger;
}

/** A client that gives up soon: who uses it tries again, with a new one, for ever. */
export function createKafka({ brokers, logger }: KafkaOptions, clientId: string): Kafka {
  return new Kafka({
    clientId,
    brokers,
    connectionTimeout: 3_000,
    requestTimeout: 20_000,
    retry: { retries: 2, initialRetryTime: 100, maxRetryTime: 1_000 },
    logLevel: logLevel.INFO,
    logCreator: () => (entry) => tell(logger, entry),
  });
}

/** kafkajs calls expected answers errors; what matters is told by who uses the client, so all is one level lower. */
function tell(logger: EventLogLogger, { level, namespace, log }: LogEntry): void {
  const { message, broker, clientId, groupId, topic, partition, error } = log as LogEntry['log'] &
    Record<string, unknown>;
  const fields = { kafkajs: namespace, broker, clientId, groupId, topic, partition, error };
  if (level === logLevel.ERROR) logger.warn(fields, message);
  else if (level === logLevel.WARN) logger.info(fields, message);
  else logger.debug(fields, message);
}

/** Resolves when the work is done or has taken too long: a broker that is away must not keep a process from ending. */
export async function withinMs(timeoutMs: number, work: Promise<unknown>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<void>((resolve) => (timer = setTimeout(resolve, timeoutMs)));
  await Promise.race([work.catch(() => undefined), late]);
  clearTimeout(timer);
}
