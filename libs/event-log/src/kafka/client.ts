import { createRequire } from 'node:module';
import { connect, isIP } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { Kafka, logLevel, type ISocketFactory, type LogEntry, type SASLOptions } from 'kafkajs';
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

/** How to be known to Kafka, and whom to believe to be Kafka. */
export interface KafkaSecurity {
  /** As node:tls takes it; absent: clear text. */
  tls?: { ca?: Buffer; cert?: Buffer; key?: Buffer };
  sasl?: { mechanism: 'plain' | 'scram-sha-256' | 'scram-sha-512'; username: string; password: string };
}

export interface KafkaOptions {
  /** host:port of some brokers of the cluster. */
  brokers: string[];
  /** Absent: clear text, and no password. */
  security?: KafkaSecurity | undefined;
  logger: EventLogLogger;
}

/** A client that gives up soon: who uses it tries again, with a new one, for ever. */
export function createKafka({ brokers, security = {}, logger }: KafkaOptions, clientId: string): Kafka {
  const { tls, sasl } = security;
  return new Kafka({
    clientId,
    brokers,
    ...(tls && { ssl: tls }),
    ...(sasl && { sasl: sasl as SASLOptions }), // kafkajs writes the mechanisms as a union of literals, one each
    connectionTimeout: 3_000,
    requestTimeout: 20_000,
    retry: { retries: 2, initialRetryTime: 100, maxRetryTime: 1_000 },
    socketFactory,
    logLevel: logLevel.INFO,
    logCreator:
      () =>
      ({ namespace, log }) =>
        tell(logger, namespace, log),
  });
}

/** As kafkajs makes them; but while a broker is away it closes one socket a dozen times, of which Node would warn. */
const socketFactory: ISocketFactory = ({ host, port, ssl, onConnect }) => {
  const socket = ssl
    ? connectTls({ host, port, servername: isIP(host) ? '' : host, ...ssl }, onConnect)
    : connect({ host, port }, onConnect);
  socket.setKeepAlive(true, 60_000);
  socket.setMaxListeners(0);
  return socket;
};

/**
 * kafkajs calls every retry an error, a hundred a minute while a broker is away. All of it is for debugging: what
 * matters is told once by who uses the client.
 */
function tell(logger: EventLogLogger, namespace: string, log: LogEntry['log']): void {
  const { message, broker, clientId, groupId, topic, partition, error } = log as LogEntry['log'] &
    Record<string, unknown>;
  logger.debug({ kafkajs: namespace, broker, clientId, groupId, topic, partition, error }, message);
}

/** Resolves when the work is done or has taken too long: a broker that is away must not keep a process from ending. */
export async function withinMs(timeoutMs: number, work: Promise<unknown>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<void>((resolve) => (timer = setTimeout(resolve, timeoutMs)));
  await Promise.race([work.catch(() => undefined), late]);
  clearTimeout(timer);
}
