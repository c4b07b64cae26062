/**
 * Unary gRPC calls over one HTTP/2 connection, at a tenth of what a full client costs, so that on a small machine the
 * server is what is measured. It knows just enough of HTTP/2: the request's headers are encoded once, an answer counts
 * as one when it carried a message.
 */
import { connect } from 'node:net';

export const FRAME = {
  data: 0,
  headers: 1,
  reset: 3,
  settings: 4,
  ping: 6,
  goaway: 7,
  windowUpdate: 8,
  continuation: 9,
};
export const END_STREAM = 1;
const END_HEADERS = 4;
const ACK = 1;
export const HEAD = 9;
const FRAME_BYTES_MAX = 16_384;
const WINDOW = 2 ** 31 - 1;
export const WINDOW_DEFAULT = 65_535;
/** Received bytes after which the server is told that there is room again. */
const RETURN_BYTES = 2 ** 20;

export class Calls {
  #socket;
  #headers;
  #nextStream = 1;
  #pending = new Map();
  #sendWindow = WINDOW_DEFAULT;
  #blocked = [];
  #received = 0;
  #rest = Buffer.alloc(0);
  #out = [];

  constructor(port, path) {
    this.#headers = headerBlock(path, `127.0.0.1:${port}`);
    this.#socket = connect(port, '127.0.0.1').setNoDelay(true);
    this.#socket.on('data', (chunk) => this.#read(chunk));
    this.#socket.on('close', () => this.#fail());
    this.#socket.on('error', () => undefined); // `close` follows
    this.#write(greeting());
  }

  /** `message` is a whole gRPC message, prefix included; `done(ok, answer)` is called once, with the first of its bytes. */
  call(message, done) {
    const stream = this.#nextStream;
    this.#nextStream += 2;
    this.#pending.set(stream, { done, ok: false, answer: undefined });
    this.#blocked.push({ stream, message });
    this.#send();
  }

  close() {
    this.#socket.destroy();
  }

  #send() {
    while (this.#blocked.length > 0 && this.#blocked[0].message.length <= this.#sendWindow) {
      const { stream, message } = this.#blocked.shift();
      this.#sendWindow -= message.length;
      this.#write(frame(FRAME.headers, END_HEADERS, stream, this.#headers));
      for (let at = 0; at < message.length; at += FRAME_BYTES_MAX) {
        const last = at + FRAME_BYTES_MAX >= message.length;
        this.#write(frame(FRAME.data, last ? END_STREAM : 0, stream, message.subarray(at, at + FRAME_BYTES_MAX)));
      }
    }
  }

  /** One write for all that is sent in one turn. */
  #write(bytes) {
    if (this.#out.push(bytes) > 1) return;
    queueMicrotask(() => {
      if (!this.#socket.destroyed) this.#socket.write(Buffer.concat(this.#out));
      this.#out = [];
    });
  }

  #read(chunk) {
    const bytes = this.#rest.length > 0 ? Buffer.concat([this.#rest, chunk]) : chunk;
    let at = 0;
    while (at + HEAD <= bytes.length) {
      const length = bytes.readUIntBE(at, 3);
      if (at + HEAD + length > bytes.length) break;
      this.#take(bytes[at + 3], bytes[at + 4], bytes.readUInt32BE(at + 5) & 0x7fffffff, bytes.subarray(at + HEAD, at + HEAD + length)); // prettier-ignore
      at += HEAD + length;
    }
    this.#rest = bytes.subarray(at);
  }

  #take(type, flags, stream, body) {
    if (type === FRAME.data) {
      const call = this.#pending.get(stream);
      if (call && body.length > 0) {
        call.ok = true;
        call.answer ??= body;
      }
      this.#received += body.length;
      if (this.#received > RETURN_BYTES) this.#returnWindow(this.#received);
    } else if (type === FRAME.settings && !(flags & ACK)) this.#write(settingsAck);
    else if (type === FRAME.ping && !(flags & ACK)) this.#write(frame(FRAME.ping, ACK, 0, body));
    else if (type === FRAME.windowUpdate && stream === 0) {
      this.#sendWindow += body.readUInt32BE(0);
      this.#send();
    }
    const over = type === FRAME.reset || ((type === FRAME.data || type === FRAME.headers) && flags & END_STREAM);
    if (over) this.#finish(stream, type !== FRAME.reset);
  }

  #returnWindow(bytes) {
    this.#received = 0;
    this.#write(windowUpdate(bytes));
  }

  #finish(stream, whole) {
    const call = this.#pending.get(stream);
    this.#pending.delete(stream);
    call?.done(whole && call.ok, call.answer);
  }

  #fail() {
    for (const stream of [...this.#pending.keys()]) this.#finish(stream, false);
  }
}

/** A gRPC message: not compressed, its length, its bytes. */
export function grpcMessage(bytes) {
  const message = Buffer.alloc(5 + bytes.length);
  message.writeUInt32BE(bytes.length, 1);
  message.set(bytes, 5);
  return message;
}

/** The number that answered, of the first bytes of a ModelInferResponse with its prefix. */
export function versionOf(answer) {
  const nameEnd = 7 + answer[6]; // the prefix, then field 1, the model's name
  return Number(answer.toString('latin1', nameEnd + 2, nameEnd + 2 + answer[nameEnd + 1]));
}

/** What a connection begins with: the server may send as much as it likes. */
export function greeting() {
  const settings = Buffer.alloc(6);
  settings.writeUInt16BE(4, 0); // SETTINGS_INITIAL_WINDOW_SIZE
  settings.writeUInt32BE(WINDOW, 2);
  return Buffer.concat([
    Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'),
    frame(FRAME.settings, 0, 0, settings),
    windowUpdate(WINDOW - WINDOW_DEFAULT),
  ]);
}

/** A whole call of a message that fits into one frame: its headers, its data. */
export function requestFrames(path, port, stream, message) {
  return Buffer.concat([
    frame(FRAME.headers, END_HEADERS, stream, headerBlock(path, `127.0.0.1:${port}`)),
    frame(FRAME.data, END_STREAM, stream, message),
  ]);
}

function windowUpdate(bytes) {
  const increment = Buffer.alloc(4);
  increment.writeUInt32BE(bytes, 0);
  return frame(FRAME.windowUpdate, 0, 0, increment);
}

function frame(type, flags, stream, body) {
  const bytes = Buffer.allocUnsafe(HEAD + body.length);
  bytes.writeUIntBE(body.length, 0, 3);
  bytes[3] = type;
  bytes[4] = flags;
  bytes.writeUInt32BE(stream, 5);
  bytes.set(body, HEAD);
  return bytes;
}

/** HPACK without its tables: indexed names of the static table, literal values. */
function headerBlock(path, authority) {
  const literal = (text) => Buffer.concat([Buffer.from([text.length]), Buffer.from(text)]);
  return Buffer.concat([
    Buffer.from([0x83, 0x86, 0x04]), // :method POST, :scheme http, :path
    literal(path),
    Buffer.from([0x01]), // :authority
    literal(authority),
    Buffer.from([0x0f, 0x10]), // content-type
    literal('application/grpc'),
    Buffer.from([0x00]),
    literal('te'),
    literal('trailers'),
  ]);
}

export const settingsAck = frame(FRAME.settings, ACK, 0, Buffer.alloc(0));
