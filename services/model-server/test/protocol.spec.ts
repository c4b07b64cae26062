import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { create, toBinary } from '@bufbuild/protobuf';
import { createClient, type Client as Connect } from '@connectrpc/connect';
import { createGrpcTransport } from '@connectrpc/connect-node';
import { Client, credentials, makeGenericClientConstructor } from '@grpc/grpc-js';
import fc from 'fast-check';
import { service as healthDefinition } from 'grpc-health-check';
import { GRPCInferenceService, ModelInferRequestSchema } from '@vinaigrette/contracts/inference';
import { datatypes, encodeRaw, encodeTyped, hasTypedForm, tensorOf, type Datatype } from '@vinaigrette/signature';
import { add, index, refusedQuestions } from './refused-questions.js';
import { describedFile, reflectedServices } from './reflection-client.js';
import { RunningServer, Repository, infer, inferBytes } from './running-server.js';
import { adder, adderGolden, echo, echoOfEach, priceList, priceListGolden } from './tiny-models.js';

const samples: Record<Datatype, unknown[]> = {
  BOOL: [true, false],
  UINT8: [0, 255],
  UINT16: [0, 65_535],
  UINT32: [0, 4_294_967_295],
  UINT64: ['0', '18446744073709551615'],
  INT8: [-128, 127],
  INT16: [-32_768, 32_767],
  INT32: [-2_147_483_648, 2_147_483_647],
  INT64: ['-9223372036854775808', '9223372036854775807'],
  FP16: [1.5, -Infinity],
  FP32: [1.5, null],
  FP64: [Math.PI, -Infinity],
  BYTES: ['', 'crème fraîche'],
};

describe('the protocol, on a folder', () => {
  let repository: Repository;
  let server: RunningServer;
  let client: Client;
  let connect: Connect<typeof GRPCInferenceService>;

  beforeAll(async () => {
    repository = await Repository.create();
    await repository.put('adder', 1, { 'model.onnx': adder(1), 'golden.json': adderGolden(1) });
    await repository.put('adder', 2, { 'model.onnx': adder(2), 'golden.json': adderGolden(2) });
    await repository.put('prices', 1, { 'model.onnx': priceList(), 'golden.json': priceListGolden() });
    await repository.put('every-type', 1, { 'model.onnx': echoOfEach(datatypes) });
    await repository.put('every-typed-type', 1, { 'model.onnx': echoOfEach(datatypes.filter(hasTypedForm)) });
    await repository.put('texts', 1, { 'model.onnx': echo('BYTES') });
    await repository.put('broken', 1, { 'model.onnx': 'no graph at all' });
    server = await RunningServer.start({ MODEL_REPOSITORY: repository.folder });
    client = server.connect();
    connect = createClient(GRPCInferenceService, createGrpcTransport({ baseUrl: `http://${server.address}` }));
    await server.untilReady();
  }, 180_000);

  afterAll(async () => {
    await server.stop();
    await repository.destroy();
  });

  describe('ModelInfer', () => {
    it.each([
      { version: '', answers: '2', sum: [3, 4] },
      { version: 'latest', answers: '2', sum: [3, 4] },
      { version: '1', answers: '1', sum: [2, 3] },
      { version: '2', answers: '2', sum: [3, 4] },
    ])('asked for version "$version", $answers answers', async ({ version, answers, sum }) => {
      const response = await infer(client, { ...add(version, [1, 2]), id: 'mine' });
      expect(response).toMatchObject({ modelName: 'adder', modelVersion: answers, id: 'mine' });
      expect(response.outputs[0]).toMatchObject({ name: 'sum', datatype: 'FP32', shape: [1n, 2n] });
      expect(response.outputs[0]?.contents?.fp32Contents).toEqual(sum);
      expect(response.rawOutputContents).toEqual([]);
    });

    const tensors = datatypes.map((datatype) => tensorOf(datatype, [1, 2], samples[datatype]));
    const heads = datatypes.map((datatype) => ({ name: `in_${datatype}`, datatype, shape: [1n, 2n] }));
    it('takes every type raw, and answers raw', async () => {
      const rawInputContents = tensors.map(encodeRaw);
      const response = await infer(client, { modelName: 'every-type', inputs: heads, rawInputContents });
      expect(response.outputs.map(({ name }) => name)).toEqual(datatypes.map((datatype) => `out_${datatype}`));
      expect(response.rawOutputContents.map((bytes) => [...bytes])).toEqual(
        rawInputContents.map((bytes) => [...bytes]),
      );
      expect(response.outputs.every(({ contents }) => contents === undefined)).toBe(true);
    });

    it('takes every type that has a typed form typed, and answers typed', async () => {
      const typed = datatypes.filter(hasTypedForm);
      const inputs = typed.map((datatype) => ({
        ...heads[datatypes.indexOf(datatype)],
        contents: encodeTyped(tensors[datatypes.indexOf(datatype)] as never),
      }));
      const response = await infer(client, { modelName: 'every-typed-type', inputs });
      expect(response.rawOutputContents).toEqual([]);
      for (const [at, { contents }] of response.outputs.entries()) {
        expect(JSON.stringify(contents, replaceBigInt)).toBe(JSON.stringify(inputs[at]?.contents, replaceBigInt));
      }
    });

    it('answers the outputs that were asked for, in that order', async () => {
      const outputs = [{ name: 'out_FP64' }, { name: 'out_BOOL' }];
      const response = await infer(client, {
        modelName: 'every-type',
        inputs: heads,
        outputs,
        rawInputContents: tensors.map(encodeRaw),
      });
      expect(response.outputs.map(({ name }) => name)).toEqual(['out_FP64', 'out_BOOL']);
      expect(response.rawOutputContents).toHaveLength(2);
    });

    it.each([
      { shape: [0n, 3n], raw: true },
      { shape: [2n, 0n], raw: true },
      { shape: [2n, 0n], raw: false },
    ])('takes a tensor without values: $shape', async ({ shape, raw }) => {
      const response = await infer(client, {
        modelName: 'texts',
        inputs: [{ name: 'item', datatype: 'BYTES', shape }],
        rawInputContents: raw ? [new Uint8Array()] : [],
      });
      expect(response.outputs[0]?.shape).toEqual(shape);
    });

    it('answers a client of another make', async () => {
      const response = await connect.modelInfer(add('1', [5, 6]));
      expect(response.outputs[0]?.contents?.fp32Contents).toEqual([6, 7]);
    });

    it.each(refusedQuestions)('refuses $fault with $code', async ({ init, status, code, says }) => {
      const error = await infer(client, init).then(
        () => undefined,
        (refused: unknown) => refused,
      );
      expect(error).toMatchObject({ code: status, details: expect.stringMatching(says) });
      expect((error as { metadata: { get(key: string): unknown[] } }).metadata.get('problem-code')).toEqual([code]);
      expect((error as { details: string }).details).not.toMatch(/\bat .+:\d+:\d+/); // a stack trace
    });

    it('refuses bytes that are no message, and goes on', async () => {
      await expect(inferBytes(client, Buffer.from([0x0a, 0x7f, 0x01]))).rejects.toMatchObject({
        code: 3,
        details: expect.stringMatching(/^\[MESSAGE_MALFORMED\]/),
      });
      await expect(infer(client, add('', [1, 2]))).resolves.toBeDefined();
    });

    const right = () =>
      Buffer.from(toBinary(ModelInferRequestSchema, create(ModelInferRequestSchema, add('', [1, 2]))));
    it.each([
      { fault: 'a field that claims two GB', bytes: [0x3a, 0xff, 0xff, 0xff, 0xff, 0x07, 1] },
      { fault: 'a model name that claims two GB', bytes: [0x0a, 0xff, 0xff, 0xff, 0xff, 0x07] },
      { fault: 'a name that is not UTF-8', bytes: [0x0a, 2, 0xc3, 0x28] },
      { fault: 'an id that is not UTF-8', bytes: [0x1a, 2, 0xc3, 0x28] },
      { fault: 'a field with the number 0', bytes: [0x02, 1, 1] },
      { fault: 'a group without end', bytes: [0xfb, 0x06] },
      { fault: 'a number without end', bytes: [0xf8, 0x06, ...new Array<number>(11).fill(0xff)] },
    ])('refuses $fault as no message', async ({ bytes }) => {
      await expect(inferBytes(client, Buffer.concat([right(), Buffer.from(bytes)]))).rejects.toMatchObject({
        code: 3,
        details: expect.stringMatching(
          /^\[MESSAGE_MALFORMED\] The \d+ bytes are no inference.ModelInferRequest: .*Remedy/,
        ),
      });
    });

    it('passes over fields it does not know', async () => {
      const unknown = Buffer.from([0xfa, 0x06, 3, 1, 2, 3, 0xf8, 0x06, 7]); // number 111, as bytes and as a number
      await expect(inferBytes(client, Buffer.concat([right(), unknown]))).resolves.toBeDefined();
    });

    it('answers or refuses whatever bytes come, never by a fault of its own', async () => {
      const requests = [add('', [1, 2]), { ...index(1), rawInputContents: [new Uint8Array(8)] }].map((init) =>
        toBinary(ModelInferRequestSchema, create(ModelInferRequestSchema, init)),
      );
      const change = fc.tuple(fc.nat(200), fc.nat(255));
      const mutated = fc
        .tuple(fc.constantFrom(...requests), fc.array(change, { minLength: 1, maxLength: 4 }), fc.nat(200))
        .map(([bytes, changes, length]) => {
          const changed = Buffer.from(bytes);
          for (const [at, byte] of changes) changed[at % changed.length] = byte;
          return changed.subarray(0, 1 + (length % changed.length));
        });
      await fc.assert(
        fc.asyncProperty(mutated, async (bytes) => {
          const code = await inferBytes(client, bytes).then(
            () => 0,
            (refused: { code: number }) => refused.code,
          );
          expect([0, 3, 5]).toContain(code); // OK, INVALID_ARGUMENT, NOT_FOUND
        }),
        { numRuns: 1_000, seed: 1 },
      );
      await expect(infer(client, add('', [1, 2]))).resolves.toBeDefined();
    }, 180_000);

    it('refuses a message beyond 64 MiB, and serves the others on', async () => {
      const careless = new Client(server.address, credentials.createInsecure(), {
        'grpc.max_send_message_length': -1,
      });
      await expect(inferBytes(careless, Buffer.alloc(65 * 1024 * 1024))).rejects.toMatchObject({ code: 8 });
      careless.close();
      await expect(infer(client, add('', [1, 2]))).resolves.toBeDefined();
    });
  });

  describe('the other calls', () => {
    it('are answered', async () => {
      await expect(connect.serverLive({})).resolves.toMatchObject({ live: true });
      await expect(connect.serverMetadata({})).resolves.toMatchObject({
        name: 'vinaigrette-model-server',
        version: '0.1.0',
      });
      await expect(connect.modelMetadata({ name: 'adder' })).resolves.toMatchObject({
        name: 'adder',
        versions: ['1', '2'],
        platform: 'onnxruntime_onnx',
        inputs: [{ name: 'x', datatype: 'FP32', shape: [-1n, 2n] }],
        outputs: [{ name: 'sum', datatype: 'FP32', shape: [-1n, 2n] }],
      });
      await expect(connect.modelMetadata({ name: 'nobody' })).rejects.toMatchObject({ code: 5 });
    });

    it('call the server ready only when every model answers', async () => {
      await expect(connect.serverReady({})).resolves.toMatchObject({ ready: false }); // `broken` does not
    });

    it.each([
      { name: 'adder', version: '', ready: true },
      { name: 'adder', version: '1', ready: true },
      { name: 'adder', version: '9', ready: false },
      { name: 'broken', version: '', ready: false },
      { name: 'nobody', version: '', ready: false },
    ])('call $name "$version" ready: $ready', async ({ name, version, ready }) => {
      await expect(connect.modelReady({ name, version })).resolves.toMatchObject({ ready });
    });

    it('are unimplemented where Triton adds its own', async () => {
      const asked = new Promise((answer, refuse) => {
        const path = '/inference.GRPCInferenceService/TraceSetting';
        const asItIs = (bytes: Buffer) => bytes;
        client.makeUnaryRequest(path, asItIs, asItIs, Buffer.alloc(0), (error, bytes) =>
          error ? refuse(error) : answer(bytes),
        );
      });
      await expect(asked).rejects.toMatchObject({ code: 12 });
    });

    it.each([
      { service: '', status: 'SERVING' },
      { service: 'inference.GRPCInferenceService', status: 'SERVING' },
      { service: 'adder', status: 'SERVING' },
      { service: 'broken', status: 'NOT_SERVING' },
    ])('tell the health of "$service": $status', async ({ service, status }) => {
      const Health = makeGenericClientConstructor(healthDefinition, 'Health');
      const health = new Health(server.address, credentials.createInsecure());
      const answer = await new Promise((told, refuse) => {
        const check = (
          health['Check'] as (request: object, done: (error: unknown, answer: unknown) => void) => void
        ).bind(health);
        check({ service }, (error, response) => (error ? refuse(error) : told(response)));
      });
      health.close();
      expect(answer).toEqual({ status });
    });

    it('are described by reflection', async () => {
      await expect(reflectedServices(client)).resolves.toEqual(
        expect.arrayContaining(['inference.GRPCInferenceService', 'grpc.health.v1.Health']),
      );
      const file = await describedFile(client, 'inference.GRPCInferenceService');
      expect(file.messageType.map(({ name }) => name)).toEqual(expect.arrayContaining(['ModelInferRequest']));
      expect(file.service[0]?.method.map(({ name }) => name)).toContain('ModelInfer');
    });
  });

  describe('HTTP', () => {
    it('is alive and ready, and says why a version is not', async () => {
      expect((await server.get('/healthz')).status).toBe(200);
      const ready = await server.get('/readyz');
      expect(ready.status).toBe(200);
      expect(await ready.json()).toMatchObject({
        ready: true,
        models: expect.arrayContaining([
          {
            name: 'broken',
            ready: false,
            versions: [{ number: 1, state: 'quarantined', why: expect.stringMatching(/^\[MODEL_INVALID\]/) }],
          },
        ]),
      });
    });

    it('counts by model and version', async () => {
      await infer(client, add('1', [1, 2, 3, 4]));
      await infer(client, index(9)).catch(() => undefined);
      const text = await (await server.get('/metrics')).text();
      expect(text).toMatch(/model_server_inferences_total\{model="adder",version="1"\} [1-9]/);
      expect(text).toMatch(
        /model_server_inference_failures_total\{model="prices",version="1",code="INFERENCE_FAILED"\} [1-9]/,
      );
      expect(text).toMatch(/model_server_inference_duration_seconds_count\{model="adder",version="2"\} [1-9]/);
      expect(text).toMatch(/model_server_queue_requests\{model="adder",version="1"\} 0/);
      expect(text).toMatch(/model_server_version_state\{model="broken",version="1",state="quarantined"\} 1/);
    });

    it('tells of a wrong path as a problem', async () => {
      const answer = await server.get('/nowhere');
      expect(answer.status).toBe(404);
      expect(await answer.json()).toMatchObject({ code: 'ROUTE_NOT_FOUND' });
    });
  });
});

const replaceBigInt = (_key: string, held: unknown) => (typeof held === 'bigint' ? String(held) : held);
