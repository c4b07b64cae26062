import { readFileSync } from 'node:fs';
import { connect, type ClientHttp2Session } from 'node:http2';
import { connect as connectSocket } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Client } from '@grpc/grpc-js';
import { floods, mutatedExchange, type Flood } from './floods.js';
import { chanceOf, wrongCall, wrongConnection, type WrongCall } from './mutations.js';
import { RunningServer, Repository, infer } from './running-server.js';
import { adder, adderGolden, echo, priceList, priceListGolden } from './tiny-models.js';

/** How many; the whole form is `FUZZ_REQUESTS=100000 npm test -- test/fuzz.spec.ts`. */
const REQUESTS = Number(process.env['FUZZ_REQUESTS'] ?? 5_000);
const SEED = Number(process.env['FUZZ_SEED'] ?? 1);
const IN_FLIGHT = 32;
/** One in so many is a connection that speaks HTTP/2 wrongly, and one in so many is followed by a right question. */
const CONNECTION_EACH = 50;
const QUESTION_EACH = 25;
/** Frames of one flood, and how often each of them comes, beside so many exchanges with faults. */
const FLOOD_FRAMES = Number(process.env['FUZZ_FLOOD_FRAMES'] ?? 2_000);
const FLOOD_ROUNDS = 3;
const EXCHANGES = Math.ceil(REQUESTS / 25);
/** Of resident memory, from the first tenth of the requests to the end. */
const GROWTH_MB_MAX = 64;
const SILENCE_MS = 2_000;

/** OK, INVALID_ARGUMENT, NOT_FOUND: whatever a message says, it is no fault of the server's. */
const statusesOfMessages = new Set(['0', '3', '5']);

describe('a fuzzer', () => {
  let repository: Repository;
  let server: RunningServer;
  let client: Client;
  let session: ClientHttp2Session;

  beforeAll(async () => {
    repository = await Repository.create();
    await repository.put('adder', 1, { 'model.onnx': adder(1), 'golden.json': adderGolden(1) });
    await repository.put('prices', 1, { 'model.onnx': priceList(), 'golden.json': priceListGolden() });
    await repository.put('texts', 1, { 'model.onnx': echo('BYTES') });
    server = await RunningServer.start({ MODEL_REPOSITORY: repository.folder });
    client = server.connect();
    await server.untilReady();
  }, 180_000);
  afterAll(async () => {
    session?.destroy();
    await server.stop();
    await repository.destroy();
  }, 60_000);

  /** The status it is answered with: of gRPC, or how the stream or the connection ended. */
  function call({ body }: WrongCall): Promise<string> {
    if (!session || session.closed || session.destroyed) {
      session = connect(`http://${server.address}`).on('error', () => undefined);
    }
    return new Promise((answered) => {
      const stream = session.request({
        ':method': 'POST',
        ':path': '/inference.GRPCInferenceService/ModelInfer',
        'content-type': 'application/grpc',
        te: 'trailers',
      });
      let status = 'none';
      const heard = (headers: Record<string, unknown>) => (status = String(headers['grpc-status'] ?? status));
      stream
        .on('response', heard)
        .on('trailers', heard)
        .on('error', () => undefined);
      stream.on('close', () =>
        answered(stream.rstCode === 0 || status !== 'none' ? status : `reset ${stream.rstCode}`),
      );
      stream.resume();
      stream.end(body);
    });
  }

  /** Until the server hangs up, or has nothing more to say. */
  function speakWrongly(bytes: Buffer): Promise<void> {
    return new Promise((over) => {
      const socket = connectSocket(server.grpc, '127.0.0.1', () => socket.end(bytes));
      socket.setTimeout(SILENCE_MS, () => socket.destroy());
      socket.on('error', () => undefined).on('close', () => over());
      socket.resume();
    });
  }

  /** Says it all, reads nothing until the server has had time to choke on it, and leaves. */
  function drown({ bytes }: Flood): Promise<void> {
    return new Promise((over) => {
      const socket = connectSocket(server.grpc, '127.0.0.1', () => socket.write(bytes, () => socket.resume()));
      socket.pause();
      socket.setTimeout(SILENCE_MS / 10, () => socket.destroy());
      socket.on('error', () => undefined).on('close', () => over());
    });
  }

  const sumOf = async (number: number): Promise<number | undefined> => {
    const x = { name: 'x', datatype: 'FP32', shape: [1n, 2n], contents: { fp32Contents: [number, -1] } };
    return (await infer(client, { modelName: 'adder', inputs: [x] })).outputs[0]?.contents?.fp32Contents[0];
  };

  const residentMb = (): number =>
    Number(/VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${server.process.pid}/status`, 'utf8'))?.[1]) / 1_024;

  it(`leaves the server up, its memory flat, and right questions answered: ${REQUESTS} wrong requests`, async () => {
    const chance = chanceOf(SEED);
    const statuses = new Map<string, number>();
    const unexpected: { status: string; body: string }[] = [];
    let [sent, questions, firstMb] = [0, 0, 0];
    const startedMs = performance.now();
    const work = async () => {
      while (sent < REQUESTS) {
        const number = ++sent;
        if (number % CONNECTION_EACH === 0) await speakWrongly(wrongConnection(chance));
        else {
          const wrong = wrongCall(chance);
          const status = await call(wrong);
          statuses.set(status, (statuses.get(status) ?? 0) + 1);
          if (wrong.framed && !statusesOfMessages.has(status)) {
            unexpected.push({ status, body: wrong.body.toString('base64').slice(0, 400) });
          }
        }
        if (number % QUESTION_EACH === 0) {
          questions++;
          expect(await sumOf(number)).toBe(number + 1);
        }
        if (number === Math.ceil(REQUESTS / 10)) firstMb = residentMb();
      }
    };
    await Promise.all(Array.from({ length: IN_FLIGHT }, work));
    const lastMb = residentMb();
    const seconds = ((performance.now() - startedMs) / 1_000).toFixed(0);
    const counts = [...statuses].sort().map(([status, count]) => `${status}: ${count}`);
    process.stdout.write(
      `${REQUESTS} wrong requests in ${seconds} s, seed ${SEED}; by status ${counts.join(', ')}; ` +
        `${questions} right questions, all answered; ${firstMb.toFixed(0)} MB after a tenth, ${lastMb.toFixed(0)} MB at the end\n`,
    );
    expect(unexpected).toEqual([]);
    expect(server.log.filter((line) => Number(line['level']) >= 50)).toEqual([]);
    expect(server.process.exitCode).toBeNull();
    expect(lastMb - firstMb).toBeLessThan(GROWTH_MB_MAX);
  }, 1_800_000);

  it(`is as well after floods of ${FLOOD_FRAMES} frames and ${EXCHANGES} mutated exchanges`, async () => {
    const watch = await watchHealth();
    const chance = chanceOf(SEED);
    const residents: number[] = [];
    for (let round = 1; round <= FLOOD_ROUNDS; round++) {
      const over = Promise.all(floods(FLOOD_FRAMES).map(drown));
      for (let number = 0; number < 20; number++) expect(await sumOf(number)).toBe(number + 1);
      await over;
      for (let sent = 0; sent < EXCHANGES / FLOOD_ROUNDS; sent += IN_FLIGHT) {
        await Promise.all(Array.from({ length: IN_FLIGHT }, () => speakWrongly(mutatedExchange(chance))));
        expect(await sumOf(sent)).toBe(sent + 1);
      }
      residents.push(residentMb());
    }
    process.stdout.write(`resident after each round: ${residents.map((mb) => mb.toFixed(0)).join(', ')} MB\n`);
    expect(watch.ended).toBe(false); // what others do does not end a call behind the front
    watch.cancel();
    expect(server.log.filter((line) => Number(line['level']) >= 50)).toEqual([]);
    expect(server.process.exitCode).toBeNull();
    expect((residents.at(-1) as number) - (residents[0] as number)).toBeLessThan(GROWTH_MB_MAX);
  }, 1_800_000);

  /** A call that the full server behind the front answers for as long as it is wanted. */
  async function watchHealth(): Promise<{ ended: boolean; cancel(): void }> {
    const asItIs = (bytes: Buffer): Buffer => bytes;
    const call = client.makeServerStreamRequest('/grpc.health.v1.Health/Watch', asItIs, asItIs, Buffer.alloc(0));
    const watch = { ended: false, cancel: () => call.cancel() };
    call.on('error', () => (watch.ended = true)).on('end', () => (watch.ended = true));
    await new Promise((told) => call.once('data', told));
    return watch;
  }
});
