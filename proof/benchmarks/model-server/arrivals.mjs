/**
 * An open loop: the same unary gRPC call at its own times over one HTTP/2 connection, whether or not the ones before are
 * answered. A call costs so little here (no object, a copy of its frames, three numbers) that what is offered at twice a
 * server's capacity leaves the server its share of a small machine.
 */
import { connect } from 'node:net';
import { END_STREAM, FRAME, greeting, HEAD, requestFrames, settingsAck, WINDOW_DEFAULT } from './calls.mjs';
import { cpuUsOf } from './processes.mjs';

const READ_BYTES = 2 ** 18;
/** Not counted: until then the connection is new, and neither end has done this before. */
const WARM_UP_S = 0.5;

/**
 * `rate` calls a second. A latency counts from when its call was due. `lateP99Ms`: how late the calls left, which is the
 * generator's own part of it.
 */
export async function openLoop({ grpc, message, pid }, path, rate, seconds) {
  const arrivals = new Arrivals(grpc, path, message, rate, seconds);
  const cpuBeforeUs = cpuUsOf(pid);
  await arrivals.over;
  const cpuUs = (cpuUsOf(pid) - cpuBeforeUs) / arrivals.calls;
  return { ...arrivals.result(), cpuUs };
}

class Arrivals {
  #socket;
  #template;
  #messageBytes;
  #rate;
  #uncounted;
  #startedMs = 0;
  #endedMs = 0;
  #sent = 0;
  #over = 0;
  #sendWindow = WINDOW_DEFAULT;
  #rest = Buffer.alloc(0);
  #carried; // by call: whether its answer carried a message
  #answeredMs = [];
  #refusedMs = [];
  #lateMs = [];
  #done;

  constructor(port, path, message, rate, seconds) {
    this.calls = Math.floor(rate * (seconds + WARM_UP_S));
    this.#uncounted = Math.floor(rate * WARM_UP_S);
    this.#rate = rate;
    this.#messageBytes = message.length;
    this.#template = requestFrames(path, port, 1, message);
    this.#carried = new Uint8Array(this.calls);
    const times = () => ({ list: new Float64Array(this.calls), length: 0 });
    [this.#answeredMs, this.#refusedMs, this.#lateMs] = [times(), times(), times()];
    this.over = new Promise((done) => (this.#done = done));
    const hear = (bytes, buffer) => this.#read(buffer.subarray(0, bytes)) ?? true;
    this.#socket = connect({ port, host: '127.0.0.1', onread: { buffer: Buffer.alloc(READ_BYTES), callback: hear } });
    this.#socket.setNoDelay(true).on('error', () => undefined); // `close` follows
    this.#socket.on('close', () => this.#end());
    this.#socket.write(greeting());
    this.#startedMs = performance.now();
    this.#turn();
  }

  /** Goodput a second, and how long answers, refusals and departures took. */
  result() {
    const p99 = ({ list, length }) => (length === 0 ? 0 : list.subarray(0, length).sort()[Math.floor(0.99 * (length - 1))]); // prettier-ignore
    const elapsedMs = this.#endedMs - this.#startedMs - WARM_UP_S * 1_000;
    return {
      rate: this.#answeredMs.length / (elapsedMs / 1_000),
      refused: this.calls - this.#uncounted - this.#answeredMs.length,
      p99: p99(this.#answeredMs),
      refusedP99: p99(this.#refusedMs),
      lateP99: p99(this.#lateMs),
    };
  }

  /** Sends what is due, in one write. */
  #turn() {
    const elapsedMs = performance.now() - this.#startedMs;
    const due = Math.min(this.calls, Math.floor((elapsedMs / 1_000) * this.#rate) + 1);
    const count = Math.min(due - this.#sent, Math.floor(this.#sendWindow / this.#messageBytes));
    if (count > 0) this.#send(count, elapsedMs);
    if (this.#sent < this.calls) setTimeout(() => this.#turn(), 1);
  }

  #send(count, elapsedMs) {
    const bytes = Buffer.alloc(count * this.#template.length, this.#template);
    const dataAt = this.#template.length - this.#messageBytes - HEAD;
    for (let at = 0; at < bytes.length; at += this.#template.length) {
      const stream = 2 * this.#sent + 1;
      bytes.writeUInt32BE(stream, at + 5);
      bytes.writeUInt32BE(stream, at + dataAt + 5);
      this.#add(this.#lateMs, this.#sent++, elapsedMs);
    }
    this.#sendWindow -= count * this.#messageBytes;
    this.#socket.write(bytes);
  }

  /** How long after it was due this happened to the call. */
  #add(times, call, nowMs) {
    if (call >= this.#uncounted) times.list[times.length++] = nowMs - (call / this.#rate) * 1_000;
  }

  #read(chunk) {
    const bytes = this.#rest.length > 0 ? Buffer.concat([this.#rest, chunk]) : chunk;
    const nowMs = performance.now() - this.#startedMs;
    let at = 0;
    while (at + HEAD <= bytes.length) {
      const end = at + HEAD + ((bytes[at] << 16) | (bytes[at + 1] << 8) | bytes[at + 2]);
      if (end > bytes.length) break;
      this.#take(bytes, at, end, nowMs);
      at = end;
    }
    this.#rest = Buffer.from(bytes.subarray(at)); // what it was read into is written over
  }

  #take(bytes, at, end, nowMs) {
    const type = bytes[at + 3];
    const stream = bytes.readUInt32BE(at + 5);
    if (type === FRAME.data && end > at + HEAD) this.#carried[stream >> 1] = 1;
    if (type === FRAME.settings && bytes[at + 4] === 0) this.#socket.write(settingsAck);
    if (type === FRAME.windowUpdate && stream === 0) this.#sendWindow += bytes.readUInt32BE(at + HEAD);
    const ends = type === FRAME.reset || (type <= FRAME.headers && bytes[at + 4] & END_STREAM);
    if (!ends) return;
    const call = stream >> 1;
    this.#add(this.#carried[call] ? this.#answeredMs : this.#refusedMs, call, nowMs);
    if (++this.#over === this.calls) this.#socket.destroy();
  }

  #end() {
    this.#endedMs = performance.now();
    this.#done();
  }
}
