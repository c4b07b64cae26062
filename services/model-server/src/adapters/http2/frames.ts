/** Frames of HTTP/2 (RFC 9113, 4.1 and 6): a head of 9 bytes, then as many bytes as it says. */
export const FRAME = {
  data: 0,
  headers: 1,
  priority: 2,
  reset: 3,
  settings: 4,
  pushPromise: 5,
  ping: 6,
  goaway: 7,
  windowUpdate: 8,
  continuation: 9,
} as const;

export const FLAG = { ack: 1, endStream: 1, endHeaders: 4, padded: 8, priority: 0x20 } as const;

export const SETTING = {
  enablePush: 2,
  maxConcurrentStreams: 3,
  initialWindowSize: 4,
  maxFrameSize: 5,
  maxHeaderListSize: 6,
} as const;

export const ERROR = {
  none: 0,
  protocol: 1,
  internal: 2,
  flowControl: 3,
  streamClosed: 5,
  frameSize: 6,
  refusedStream: 7,
  cancel: 8,
  compression: 9,
  enhanceYourCalm: 11,
} as const;

export const PREFACE = Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n');
export const HEAD_BYTES = 9;
/** Of a frame's body, unless the other end allows more. */
export const FRAME_BYTES_MAX = 16_384;
/** Of the sizes that both ends begin with, and of the largest one allowed. */
export const WINDOW_DEFAULT = 65_535;
export const WINDOW_MAX = 2 ** 31 - 1;

/** Answers with where the body begins. */
export function writeHead(to: Buffer, at: number, length: number, type: number, flags: number, stream: number): number {
  to[at] = length >>> 16;
  to[at + 1] = length >>> 8;
  to[at + 2] = length;
  to[at + 3] = type;
  to[at + 4] = flags;
  to.writeUInt32BE(stream, at + 5);
  return at + HEAD_BYTES;
}

export function frame(type: number, flags: number, stream: number, body: Uint8Array): Buffer {
  const bytes = Buffer.allocUnsafe(HEAD_BYTES + body.length);
  bytes.set(body, writeHead(bytes, 0, body.length, type, flags, stream));
  return bytes;
}

/** A frame whose body is some numbers of 32 bits. */
export function numbersFrame(type: number, stream: number, ...numbers: readonly number[]): Buffer {
  const body = Buffer.allocUnsafe(4 * numbers.length);
  numbers.forEach((number, index) => body.writeUInt32BE(number, 4 * index));
  return frame(type, 0, stream, body);
}

export function settingsFrame(settings: readonly (readonly [id: number, value: number])[]): Buffer {
  const body = Buffer.allocUnsafe(6 * settings.length);
  settings.forEach(([id, value], index) => {
    body.writeUInt16BE(id, 6 * index);
    body.writeUInt32BE(value, 6 * index + 2);
  });
  return frame(FRAME.settings, 0, 0, body);
}

/** A header block as one HEADERS frame, and CONTINUATIONs where it is too long for one. */
export function headersFrames(stream: number, block: Buffer, endStream: boolean): Buffer {
  const frames: Buffer[] = [];
  for (let at = 0; at === 0 || at < block.length; at += FRAME_BYTES_MAX) {
    const type = at === 0 ? FRAME.headers : FRAME.continuation;
    const last = at + FRAME_BYTES_MAX >= block.length;
    const flags = (last ? FLAG.endHeaders : 0) | (at === 0 && endStream ? FLAG.endStream : 0);
    frames.push(frame(type, flags, stream, block.subarray(at, at + FRAME_BYTES_MAX)));
  }
  return frames.length === 1 ? (frames[0] as Buffer) : Buffer.concat(frames);
}
