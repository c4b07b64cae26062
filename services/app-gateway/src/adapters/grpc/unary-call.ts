import { constants, type ClientHttp2Stream, type IncomingHttpHeaders } from 'node:http2';
import { GRPC_MESSAGE_BYTES_MAX } from '@vinaigrette/contracts/grpc';

const { NGHTTP2_CANCEL, NGHTTP2_FLAG_END_STREAM } = constants;

/** The codes of gRPC that are told apart here. */
export const STATUS = {
  ok: 0,
  cancelled: 1,
  unknown: 2,
  invalidArgument: 3,
  deadlineExceeded: 4,
  notFound: 5,
  resourceExhausted: 8,
  internal: 13,
  unavailable: 14,
} as const;

/** What a proxy in between says without speaking gRPC, where that means that nobody took the call. */
const unavailableStatuses: ReadonlySet<number> = new Set([429, 502, 503, 504]);

/** In front of each message: whether it is compressed, and its length. */
const PREFIX_BYTES = 5;

/** How a call ended. */
export type Reply =
  { code: typeof STATUS.ok; message: Buffer } | { code: number; details: string; headers: IncomingHttpHeaders };

/** One call, from when it is asked to the first thing that ends it. */
export class UnaryCall {
  ended = false;
  private stream: ClientHttp2Stream | undefined;
  private readonly pieces: Buffer[] = [];
  private bytes = 0;
  private end: IncomingHttpHeaders | undefined;
  private readonly timer: NodeJS.Timeout;

  constructor(
    private readonly resolve: (reply: Reply) => void,
    readonly deadlineMs: number,
  ) {
    const late = () => this.fail(STATUS.deadlineExceeded, 'it did not answer in time');
    this.timer = setTimeout(late, Math.max(0, Math.ceil(deadlineMs - performance.now())));
  }

  follow(stream: ClientHttp2Stream): void {
    this.stream = stream;
    stream.on('response', (headers, flags) => {
      const status = headers[':status'];
      if (status !== 200) this.fail(codeOfHttp(status), `it answered HTTP ${status}`);
      else if (headers['grpc-status'] !== undefined || flags & NGHTTP2_FLAG_END_STREAM) this.end = headers;
    });
    stream.on('trailers', (headers) => (this.end = headers));
    stream.on('data', (piece: Buffer) => this.read(piece));
    stream.on('end', () => this.finish());
    stream.on('error', () => undefined); // `close` follows
    stream.on('close', () => this.finish());
  }

  fail(code: number, details: string, headers: IncomingHttpHeaders = {}): void {
    if (this.settle({ code, details, headers })) this.stream?.close(NGHTTP2_CANCEL);
  }

  private read(piece: Buffer): void {
    this.pieces.push(piece);
    this.bytes += piece.length;
    if (this.bytes <= GRPC_MESSAGE_BYTES_MAX + PREFIX_BYTES) return;
    this.fail(STATUS.resourceExhausted, `its answer is larger than ${GRPC_MESSAGE_BYTES_MAX} bytes`);
  }

  private finish(): void {
    const { end } = this;
    if (!end) return this.fail(STATUS.unavailable, 'the connection broke before the answer was whole');
    const code = Number(end['grpc-status'] ?? STATUS.unknown);
    if (code !== STATUS.ok) return this.fail(code, textOf(end['grpc-message']), end);
    const body = this.pieces.length === 1 ? (this.pieces[0] as Buffer) : Buffer.concat(this.pieces);
    if (body.length < PREFIX_BYTES || body[0] !== 0 || body.readUInt32BE(1) !== body.length - PREFIX_BYTES) {
      return this.fail(STATUS.internal, 'it did not answer with exactly one message that is not compressed');
    }
    this.settle({ code: STATUS.ok, message: body.subarray(PREFIX_BYTES) });
  }

  private settle(reply: Reply): boolean {
    if (this.ended) return false;
    this.ended = true;
    clearTimeout(this.timer);
    this.resolve(reply);
    return true;
  }
}

/** A message as it is sent: not compressed. */
export function framed(message: Buffer): Buffer {
  const frame = Buffer.allocUnsafe(PREFIX_BYTES + message.length);
  frame[0] = 0;
  frame.writeUInt32BE(message.length, 1);
  frame.set(message, PREFIX_BYTES);
  return frame;
}

/** `grpc-timeout` until a moment of performance.now(): at most eight digits, as gRPC wants it. */
export const timeoutOf = (deadlineMs: number): string =>
  `${Math.min(99_999_999, Math.max(1, Math.ceil(deadlineMs - performance.now())))}m`;

const codeOfHttp = (status: number | undefined): number =>
  unavailableStatuses.has(status ?? 0) ? STATUS.unavailable : STATUS.unknown;

/** A failure's text is percent-encoded; one that cannot be read is shown as it is. */
function textOf(message: string | string[] | undefined): string {
  const text = String(message ?? '');
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
