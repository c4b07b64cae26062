import {
  connect,
  constants,
  type ClientHttp2Session,
  type ClientHttp2Stream,
  type IncomingHttpHeaders,
  type OutgoingHttpHeaders,
} from 'node:http2';
import type { Duplex } from 'node:stream';
import { headerBlock } from '../http2/hpack.js';
import type { Headers, Http2Stream } from '../http2/http2-stream.js';
import { connectionWithin } from './connection-within.js';

const { NGHTTP2_CANCEL, NGHTTP2_NO_ERROR, NGHTTP2_PROTOCOL_ERROR } = constants;

/**
 * The full gRPC server, for the calls of one connection that the front does not answer itself. Each connection has its
 * own way there: whom Node's HTTP/2 hangs up on, as it does on who opens and resets calls without end, is alone with it.
 */
export class ServerBehind {
  private session: ClientHttp2Session | undefined;

  constructor(private readonly connectBehind: (connection: Duplex) => void) {}

  passOn(stream: Http2Stream): void {
    const behind = this.request(stream.headers);
    if (!behind) return stream.reset(NGHTTP2_PROTOCOL_ERROR);
    let trailers: IncomingHttpHeaders = {};
    stream.onData = (piece) => behind.write(piece, () => stream.consumed(piece.length));
    stream.onEnd = () => behind.end();
    stream.onRoom = () => behind.resume();
    stream.onGone = () => {
      behind.close(NGHTTP2_CANCEL);
      stream.reset(NGHTTP2_CANCEL);
    };
    behind.on('response', (response, flags) => {
      stream.respond(headerBlock(response), (flags & constants.NGHTTP2_FLAG_END_STREAM) !== 0);
      behind.on('data', (piece: Buffer) => {
        if (!stream.write(piece)) behind.pause();
      });
    });
    behind.on('trailers', (last) => (trailers = last));
    behind.on('end', () => {
      stream.end(headerBlock(trailers));
      behind.close(NGHTTP2_NO_ERROR);
    });
    behind.on('error', () => stream.reset(behind.rstCode || NGHTTP2_PROTOCOL_ERROR));
    behind.on('close', () => {
      if (behind.rstCode !== NGHTTP2_NO_ERROR) stream.reset(behind.rstCode);
    });
  }

  close(): void {
    this.session?.destroy();
  }

  /** Undefined when Node's client will not send such headers. */
  private request(headers: Headers): ClientHttp2Stream | undefined {
    try {
      return this.sessionNow().request(headers as OutgoingHttpHeaders);
    } catch {
      return undefined;
    }
  }

  /** A connection within the process, for as long as it holds. */
  private sessionNow(): ClientHttp2Session {
    if (this.session && !this.session.closed && !this.session.destroyed) return this.session;
    const [near, far] = connectionWithin();
    this.connectBehind(far);
    const session = connect('http://behind', { createConnection: () => near });
    session.on('error', () => session.destroy());
    session.unref();
    this.session = session;
    return session;
  }
}
