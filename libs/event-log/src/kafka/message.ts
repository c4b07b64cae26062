import type { KafkaMessage, Message } from 'kafkajs';
import type { EventRecord, Topic } from '../event-log.js';
import { isGatewayId } from '../segments/segment-files.js';

const types: Record<Topic, string> = {
  predictions: 'vinaigrette.events.v1.Prediction',
  outcomes: 'vinaigrette.events.v1.Outcome',
};

/** What the headers and the framing of a record take in Kafka, at most, in bytes. */
export const OVERHEAD_BYTES = 300;

/** A record as a CloudEvent in binary mode. Its timestamp is the broker's, so none is set here. */
export function messageOf(topic: Topic, { gatewayId, sequence, key, body }: EventRecord): Message {
  return {
    key,
    value: Buffer.from(body.buffer, body.byteOffset, body.byteLength),
    headers: {
      gatewayid: gatewayId,
      sequence: String(sequence),
      ce_specversion: '1.0',
      ce_id: `${topic}-${sequence}`,
      ce_source: `/gateways/${gatewayId}`,
      ce_type: types[topic],
      'content-type': 'application/protobuf',
    },
  };
}

/** Undefined when the message does not say who wrote it and in which order, so was not written by a gateway. */
export function recordOf({ offset, key, value, headers }: KafkaMessage): EventRecord | undefined {
  const gatewayId = headers?.gatewayid?.toString() ?? '';
  const sequence = headers?.sequence?.toString() ?? '';
  if (!isGatewayId(gatewayId) || !/^\d{1,20}$/.test(sequence) || !value) return undefined;
  return { offset: BigInt(offset), gatewayId, sequence: BigInt(sequence), key: key?.toString() ?? '', body: value };
}
