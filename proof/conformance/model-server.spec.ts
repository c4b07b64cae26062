import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { describeWith } from '../../tools/real-part.mjs';
import { startModelServer, type ModelServer } from './model-server-process.js';

const folder = fileURLToPath(new URL('conformance/', import.meta.resolve('@vinaigrette/proof/package.json')));
const run = promisify(execFile);

describeWith('the Python clients', 'PYTHON_CLIENTS', "other people's clients of the model server", () => {
  let server: ModelServer;
  beforeAll(async () => {
    server = await startModelServer();
  }, 300_000);
  afterAll(() => server.stop());

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
