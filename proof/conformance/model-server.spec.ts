import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { describeWith } from '../../tools/real-part.mjs';
import { startModelServer, type ModelServer } from './model-server-process.js';

const folder = fileURLToPath(new URL('conformance/', import.meta.resolve('@vinaigrette/proof/package.json')));
const run = promisify(execFile);

let server: ModelServer;
beforeAll(async () => {
  server = await startModelServer();
}, 300_000);
afterAll(() => server.stop());

describeWith('the Python clients', 'PYTHON_CLIENTS', "other people's clients of the model server", () => {
  it.each([
    { suite: 'model-server', program: 'triton_client.py', client: 'tritonclient.grpc', checks: 13 },
    { suite: 'model-server', program: 'triton_client.py', client: 'tritonclient.grpc.aio', checks: 13 },
    { suite: 'model-server', program: 'triton_client.py', client: 'tritonclient.http', checks: 13 },
    { suite: 'model-server', program: 'triton_client.py', client: 'tritonclient.http.aio', checks: 13 },
    { suite: 'model-server', program: 'kserve_grpc.py', client: 'kserve.InferenceGRPCClient', checks: 3 },
    { suite: 'model-server', program: 'kserve_rest.py', client: 'kserve.InferenceRESTClient', checks: 3 },
    { suite: 'mlserver', program: 'mlserver_client.py', client: 'mlserver', checks: 5 },
  ])(
    '$client finds what it expects',
    async ({ suite, program, client, checks }) => {
      const python = `${process.env['PYTHON_CLIENTS']}/${suite}/bin/python`;
      const words = [`${folder}${suite}/${program}`, server.grpc, server.http, client];
      const env = { ...process.env, PYTHONPATH: folder };
      const { stdout } = await run(python, words, { env, timeout: 300_000 });
      const results = JSON.parse(stdout.slice(stdout.lastIndexOf('{'))) as Record<string, string | null>;
      expect(Object.entries(results).filter(([, failure]) => failure !== null)).toEqual([]);
      expect(Object.keys(results)).toHaveLength(checks);
    },
    400_000,
  );
});

/** It knows no .proto: what it calls, it learns by reflection. */
describeWith('grpcurl', 'GRPCURL_PATH', 'grpcurl, on the model server', () => {
  const grpcurl = (...words: string[]) => run(process.env['GRPCURL_PATH'] ?? '', ['-plaintext', ...words]);
  const call = async (method: string, message: object = {}): Promise<unknown> => {
    const { stdout } = await grpcurl('-d', JSON.stringify(message), server.grpc, method);
    return JSON.parse(stdout);
  };

  it('lists what can be called', async () => {
    const { stdout } = await grpcurl(server.grpc, 'list');
    expect(stdout.split('\n')).toEqual(
      expect.arrayContaining(['grpc.health.v1.Health', 'inference.GRPCInferenceService']),
    );
    const methods = await grpcurl(server.grpc, 'list', 'inference.GRPCInferenceService');
    expect(methods.stdout).toContain('inference.GRPCInferenceService.ModelInfer');
  });

  it('describes a message', async () => {
    const { stdout } = await grpcurl(server.grpc, 'describe', 'inference.ModelInferRequest');
    expect(stdout).toContain('repeated bytes raw_input_contents = 7;');
  });

  it.each([{ service: '' }, { service: 'adder' }])('asks for the health of "$service"', async ({ service }) => {
    await expect(call('grpc.health.v1.Health/Check', { service })).resolves.toEqual({ status: 'SERVING' });
  });

  const x = { name: 'x', datatype: 'FP32', shape: [1, 2] };
  it('infers, with typed contents and with raw ones', async () => {
    const typed = { model_name: 'adder', inputs: [{ ...x, contents: { fp32_contents: [1, 2] } }] };
    await expect(call('inference.GRPCInferenceService/ModelInfer', typed)).resolves.toMatchObject({
      modelVersion: '2',
      outputs: [{ name: 'sum', datatype: 'FP32', shape: ['1', '2'], contents: { fp32Contents: [3, 4] } }],
    });
    const base64 = (...values: number[]) => Buffer.from(Float32Array.of(...values).buffer).toString('base64');
    const raw = { model_name: 'adder', inputs: [x], raw_input_contents: [base64(1, 2)] };
    await expect(call('inference.GRPCInferenceService/ModelInfer', raw)).resolves.toMatchObject({
      rawOutputContents: [base64(3, 4)],
    });
  });

  it('is told what is wrong', async () => {
    const wrong = call('inference.GRPCInferenceService/ModelInfer', { model_name: 'nobody' });
    await expect(wrong).rejects.toMatchObject({ stderr: expect.stringMatching(/NotFound[^]*MODEL_NOT_FOUND/) });
  });
});
