import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { BinaryReader, WireType } from '@bufbuild/protobuf/wire';

/** A span as it arrived; ids in hex, empty when absent. */
export interface ReceivedSpan {
  service: string;
  traceId: string;
  spanId: string;
  parentSpanId: string;
  name: string;
  startNs: bigint;
  endNs: bigint;
  attributes: Record<string, string | number>;
  /** Ids of the spans it is linked to. */
  links: string[];
  /** 0: unset, 2: an error. */
  status: number;
}

/** A receiver of OTLP over HTTP in protobuf, for tests: it keeps what comes. */
export class OtlpReceiver {
  readonly spans: ReceivedSpan[] = [];
  private constructor(private readonly server: Server) {}

  static async start(): Promise<OtlpReceiver> {
    const server = createServer((request, response) => {
      const pieces: Buffer[] = [];
      request.on('data', (piece: Buffer) => pieces.push(piece));
      request.on('end', () => {
        const isTraces = request.url === '/v1/traces' && request.headers['content-type'] === 'application/x-protobuf';
        if (isTraces) receiver.spans.push(...spansOf(Buffer.concat(pieces)));
        response.writeHead(isTraces ? 200 : 415, { 'content-type': 'application/x-protobuf' }).end();
      });
    });
    const receiver = new OtlpReceiver(server);
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return receiver;
  }

  /** What a process needs to send its spans here at once. */
  get env(): Record<string, string> {
    const { port } = this.server.address() as AddressInfo;
    return { OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${port}`, OTEL_BSP_SCHEDULE_DELAY: '50' };
  }

  async stop(): Promise<void> {
    this.server.closeAllConnections();
    this.server.close();
    await once(this.server, 'close');
  }
}

/** A message's fields by number; each value as it stands on the wire. */
type Fields = Map<number, (Uint8Array | bigint)[]>;

function fieldsOf(bytes: Uint8Array): Fields {
  const reader = new BinaryReader(bytes);
  const fields: Fields = new Map();
  while (reader.pos < reader.len) {
    const [number, type] = reader.tag();
    const value =
      type === WireType.LengthDelimited
        ? reader.bytes()
        : type === WireType.Bit64
          ? BigInt(reader.fixed64())
          : type === WireType.Bit32
            ? BigInt(reader.fixed32())
            : BigInt(reader.uint64());
    fields.set(number, [...(fields.get(number) ?? []), value]);
  }
  return fields;
}

const messages = (fields: Fields, number: number): Fields[] =>
  (fields.get(number) ?? []).map((value) => fieldsOf(value as Uint8Array));
const bytes = (fields: Fields, number: number): Buffer => Buffer.from((fields.get(number)?.[0] ?? []) as Uint8Array);
const text = (fields: Fields, number: number): string => bytes(fields, number).toString();
const whole = (fields: Fields, number: number): bigint => (fields.get(number)?.[0] ?? 0n) as bigint;

/** ExportTraceServiceRequest of opentelemetry/proto/collector/trace/v1. */
function spansOf(request: Buffer): ReceivedSpan[] {
  return messages(fieldsOf(request), 1).flatMap((resourceSpans) => {
    const service = String(
      messages(resourceSpans, 1).map((resource) => attributesOf(resource, 1))[0]?.['service.name'],
    );
    return messages(resourceSpans, 2).flatMap((scopeSpans) =>
      messages(scopeSpans, 2).map((span) => ({
        service,
        traceId: bytes(span, 1).toString('hex'),
        spanId: bytes(span, 2).toString('hex'),
        parentSpanId: bytes(span, 4).toString('hex'),
        name: text(span, 5),
        startNs: whole(span, 7),
        endNs: whole(span, 8),
        attributes: attributesOf(span, 9),
        links: messages(span, 13).map((link) => bytes(link, 2).toString('hex')),
        status: Number(messages(span, 15).map((status) => whole(status, 3))[0] ?? 0n),
      })),
    );
  });
}

function attributesOf(holder: Fields, number: number): Record<string, string | number> {
  const entries = messages(holder, number).map((pair) => {
    const [value = new Map() as Fields] = messages(pair, 2);
    return [text(pair, 1), value.has(1) ? text(value, 1) : Number(whole(value, 3))] as const;
  });
  return Object.fromEntries(entries);
}
