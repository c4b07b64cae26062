import { request, type IncomingMessage } from 'node:http';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { RunningServer, Repository, until } from './running-server.js';
import { adder, adderGolden, echo, priceList, priceListGolden } from './tiny-models.js';

const x = { name: 'x', datatype: 'FP32', shape: [1, 2], data: [1, 2] };
const binary = (bytes: number) => ({ ...x, data: undefined, parameters: { binary_data_size: bytes } });
const text = { name: 'item', datatype: 'BYTES', shape: [1, 1] };

interface Fault {
  fault: string;
  path?: string;
  /** JSON when it is no text and no bytes. */
  body: object | string | Uint8Array;
  headers?: Record<string, string>;
  status: number;
  code: string;
  says: RegExp;
}

/** JSON in front of bytes, and the header that tells them apart. */
function withBytes(json: object, bytes: Uint8Array): Pick<Fault, 'body' | 'headers'> {
  const head = Buffer.from(JSON.stringify(json));
  return { body: Buffer.concat([head, bytes]), headers: { 'inference-header-content-length': String(head.length) } };
}

const wrong = (fault: string, change: object, says: RegExp): Fault => ({
  fault,
  body: { inputs: [{ ...x, ...change }] },
  status: 400,
  code: 'SIGNATURE_MISMATCH',
  says,
});

/** What a wrong request over HTTP is told, as the same one is over gRPC in protocol.spec.ts. */
const faults: Fault[] = [
  { fault: 'no JSON', body: '{"inputs":', status: 400, code: 'BODY_NOT_JSON', says: /not JSON/ },
  { fault: 'nothing', body: '', status: 400, code: 'BODY_NOT_JSON', says: /not JSON/ },
  { fault: 'JSON that is no request', body: { inputs: 7 }, status: 400, code: 'BODY_INVALID', says: /at inputs/ },
  {
    fault: 'a shape that is no list',
    body: { inputs: [{ ...x, shape: 2 }] },
    status: 400,
    code: 'BODY_INVALID',
    says: /inputs\.0\.shape/,
  },
  {
    fault: 'an unknown model',
    path: 'nobody',
    body: { inputs: [x] },
    status: 404,
    code: 'MODEL_NOT_FOUND',
    says: /"nobody"/,
  },
  {
    fault: 'an unknown version',
    path: 'adder/versions/7',
    body: { inputs: [x] },
    status: 404,
    code: 'VERSION_NOT_FOUND',
    says: /has 1, latest/,
  },
  {
    fault: 'a model that cannot be loaded',
    path: 'broken',
    body: { inputs: [x] },
    status: 503,
    code: 'VERSION_QUARANTINED',
    says: /MODEL_INVALID/,
  },
  { fault: 'no input', body: { inputs: [] }, status: 400, code: 'SIGNATURE_MISMATCH', says: /input x is missing/ },
  { fault: 'an input twice', body: { inputs: [x, x] }, status: 400, code: 'SIGNATURE_MISMATCH', says: /x came twice/ },
  wrong('an unknown input', { name: 'y' }, /no input "y"; the inputs are x/),
  wrong('another type', { datatype: 'FP64' }, /x is FP32, not FP64/),
  wrong('an unknown type', { datatype: 'BF16' }, /x is FP32, not "BF16"/),
  wrong('another shape', { shape: [1, 3], data: [1, 2, 3] }, /\[-1, 2\].*not \[1, 3\]/),
  wrong('a negative dimension', { shape: [-1, 2] }, /cannot have the shape/),
  wrong('a claim of two GB', { shape: [268_435_456, 2] }, /cannot have the shape \[268435456, 2\]/),
  wrong('too few values', { data: [1] }, /1 value.*shape \[1, 2\]/),
  wrong('a value of another kind', { data: [1, 'two'] }, /two/),
  wrong('no values', { data: undefined }, /no data/),
  {
    fault: 'an unknown output',
    body: { inputs: [x], outputs: [{ name: 'total' }] },
    status: 400,
    code: 'SIGNATURE_MISMATCH',
    says: /no output "total"/,
  },
  {
    fault: 'values the graph fails on',
    path: 'prices',
    body: { inputs: [{ name: 'index', datatype: 'INT64', shape: [1], data: [99] }] },
    status: 400,
    code: 'INFERENCE_FAILED',
    says: /graph failed/,
  },
  {
    fault: 'a priority that is none',
    body: { inputs: [x], parameters: { priority: 'high' } },
    status: 400,
    code: 'PARAMETER_INVALID',
    says: /priority/,
  },
  {
    fault: 'fewer bytes than announced',
    ...withBytes({ inputs: [binary(8)] }, new Uint8Array(7)),
    status: 400,
    code: 'SIGNATURE_MISMATCH',
    says: /announces 8 bytes.*7 are left/,
  },
  {
    fault: 'bytes for another shape',
    ...withBytes({ inputs: [binary(4)] }, new Uint8Array(4)),
    status: 400,
    code: 'SIGNATURE_MISMATCH',
    says: /x .*8 bytes.*not 4/,
  },
  {
    fault: 'data beside bytes',
    ...withBytes({ inputs: [{ ...x, parameters: { binary_data_size: 8 } }] }, new Uint8Array(8)),
    status: 400,
    code: 'SIGNATURE_MISMATCH',
    says: /one of the two/,
  },
  {
    fault: 'a claim of two GB in bytes',
    ...withBytes({ inputs: [binary(2 ** 31)] }, new Uint8Array(8)),
    status: 400,
    code: 'SIGNATURE_MISMATCH',
    says: /announces 2147483648 bytes.*8 are left/,
  },
  {
    fault: 'a negative number of bytes',
    ...withBytes({ inputs: [binary(-8)] }, new Uint8Array(8)),
    status: 400,
    code: 'SIGNATURE_MISMATCH',
    says: /announces -8 bytes/,
  },
  {
    fault: 'a negative dimension of bytes',
    ...withBytes({ inputs: [{ ...binary(8), shape: [-1, 2] }] }, new Uint8Array(8)),
    status: 400,
    code: 'SIGNATURE_MISMATCH',
    says: /cannot have the shape/,
  },
  {
    fault: 'another type of bytes',
    ...withBytes({ inputs: [{ ...binary(8), datatype: 'INT64' }] }, new Uint8Array(8)),
    status: 400,
    code: 'SIGNATURE_MISMATCH',
    says: /x is FP32, not INT64/,
  },
  {
    fault: 'a text longer than what there is',
    path: 'texts',
    ...withBytes({ inputs: [{ ...text, parameters: { binary_data_size: 5 } }] }, Uint8Array.of(255, 255, 255, 127, 65)),
    status: 400,
    code: 'SIGNATURE_MISMATCH',
    says: /item is not 1 length-prefixed texts: it ends within a text/,
  },
  {
    fault: 'JSON whose names are not UTF-8',
    body: Buffer.concat([Buffer.from('{"inputs":[{"name":"'), Buffer.from([0xc3, 0x28]), Buffer.from('","datatype":"FP32","shape":[1,2],"data":[1,2]}]}')]), // prettier-ignore
    status: 400,
    code: 'SIGNATURE_MISMATCH',
    says: /no input/,
  },
  { fault: 'too many values', body: { inputs: [{ ...x, data: [1, 2, 3] }] }, status: 400, code: 'SIGNATURE_MISMATCH', says: /3 value.*shape \[1, 2\]/ }, // prettier-ignore
  {
    fault: 'a size that is no whole number',
    body: { inputs: [{ ...x, shape: [1.5, 2] }] },
    status: 400,
    code: 'BODY_INVALID',
    says: /inputs\.0\.shape/,
  },
  {
    fault: 'bytes of nobody',
    ...withBytes({ inputs: [x] }, new Uint8Array(3)),
    status: 400,
    code: 'SIGNATURE_MISMATCH',
    says: /3 bytes.*no input/,
  },
  {
    fault: 'text that is not UTF-8',
    path: 'texts',
    ...withBytes({ inputs: [{ ...text, parameters: { binary_data_size: 5 } }] }, Uint8Array.of(1, 0, 0, 0, 0xff)),
    status: 400,
    code: 'SIGNATURE_MISMATCH',
    says: /not UTF-8/,
  },
  {
    fault: 'a header that is no length',
    body: { inputs: [x] },
    headers: { 'inference-header-content-length': '-1' },
    status: 400,
    code: 'BODY_INVALID',
    says: /number of bytes/,
  },
  {
    fault: 'a header beyond the body',
    body: { inputs: [x] },
    headers: { 'inference-header-content-length': '9999' },
    status: 400,
    code: 'BODY_INVALID',
    says: /9999/,
  },
  {
    fault: 'an encoding nobody knows',
    body: { inputs: [x] },
    headers: { 'content-encoding': 'br' },
    status: 400,
    code: 'BODY_INVALID',
    says: /gzip, deflate or identity, not br/,
  },
  {
    fault: 'a body that is no gzip',
    body: 'plain',
    headers: { 'content-encoding': 'gzip' },
    status: 400,
    code: 'BODY_INVALID',
    says: /no gzip/,
  },
  {
    fault: 'a body that unpacks to more than 64 MiB',
    body: gzipSync(Buffer.alloc(65 * 2 ** 20)),
    headers: { 'content-encoding': 'gzip' },
    status: 413,
    code: 'BODY_TOO_LARGE',
    says: /larger than/,
  },
];

describe('over HTTP', () => {
  let repository: Repository;
  let server: RunningServer;
  beforeAll(async () => {
    repository = await Repository.create();
    await repository.put('adder', 1, { 'model.onnx': adder(1), 'golden.json': adderGolden(1) });
    await repository.put('prices', 1, { 'model.onnx': priceList(), 'golden.json': priceListGolden() });
    await repository.put('texts', 1, { 'model.onnx': echo('BYTES') });
    await repository.put('broken', 1, { 'model.onnx': 'no graph at all' });
    server = await RunningServer.start({ MODEL_REPOSITORY: repository.folder });
    await server.untilReady();
    const quarantined = () => server.log.some(({ msg }) => msg.startsWith('version quarantined'));
    await until('the broken one is refused', quarantined);
  }, 180_000);
  afterAll(async () => {
    await server.stop();
    await repository.destroy();
  }, 60_000);

  async function ask({ path = 'adder', body, headers = {} }: Pick<Fault, 'path' | 'body' | 'headers'>) {
    const plain = typeof body === 'string' || body instanceof Uint8Array;
    const url = `http://127.0.0.1:${server.http}/v2/models/${path}/infer`;
    const answer = await fetch(url, { method: 'POST', body: plain ? body : JSON.stringify(body), headers });
    return { status: answer.status, json: (await answer.json()) as { error?: string; outputs?: unknown[] } };
  }

  it.each(faults)('$fault is answered with $status $code', async ({ status, code, says, ...fault }) => {
    const answer = await ask(fault);
    expect(answer.status).toBe(status);
    expect(answer.json.error).toMatch(new RegExp(`^\\[${code}\\] .*Remedy: `, 's'));
    expect(answer.json.error).toMatch(says);
    expect(answer.json.error).not.toMatch(/\bat .+:\d+:\d+/); // a stack trace
  });

  it.each([
    { method: 'GET', path: '/v2/nowhere' },
    { method: 'POST', path: '/v2/models/adder' },
  ])('$method $path is not found', async ({ method, path }) => {
    const answer = await fetch(`http://127.0.0.1:${server.http}${path}`, { method });
    expect(answer.status).toBe(404);
    expect(await answer.json()).toEqual({ error: expect.stringMatching(/^\[ROUTE_NOT_FOUND\]/) });
  });

  it('a body that says it has more than 64 MiB is refused before it comes, and its connection closed', async () => {
    const headers = { 'content-length': 65 * 2 ** 20 };
    const path = '/v2/models/adder/infer';
    const sent = request({ port: server.http, host: '127.0.0.1', path, method: 'POST', headers });
    const answer = await new Promise<IncomingMessage>((answered, failed) => {
      sent.on('response', answered).on('error', failed).flushHeaders();
    });
    expect(answer).toMatchObject({ statusCode: 413, headers: { connection: 'close' } });
    sent.removeAllListeners('error').on('error', () => undefined);
    sent.destroy();
  }, 60_000);

  it.each(['adder/infer?trace=1', '%61dder/infer', 'adder/versions/1/infer'])(
    '%s is the way to a model',
    async (path) => {
      const url = `http://127.0.0.1:${server.http}/v2/models/${path}`;
      const answer = await fetch(url, { method: 'POST', body: JSON.stringify({ inputs: [x] }) });
      expect(await answer.json()).toMatchObject({ model_name: 'adder', model_version: '1' });
    },
  );

  it('a right request is answered after all of that', async () => {
    expect(await ask({ body: { inputs: [x] } })).toMatchObject({ status: 200, json: { outputs: [{ data: [2, 3] }] } });
  });
});
