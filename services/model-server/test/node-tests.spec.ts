import { spawn } from 'node:child_process';
import { mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import type { Client } from '@grpc/grpc-js';
import { decodeRaw, decodeTyped, encodeRaw, type Datatype, type Tensor } from '@vinaigrette/signature';
import { describeWith } from '../../../tools/real-part.mjs';
import { failureOf } from './node-tests.js';
import { RunningServer, infer, until } from './running-server.js';

const folder = process.env['ONNX_NODE_TESTS'] ?? '';
const PAGE = fileURLToPath(new URL('../../../docs/onnx-node-tests.md', import.meta.url));
const BARE = fileURLToPath(new URL('../dist/test/bare-node-tests.js', import.meta.url));

type ModelMetadata = { inputs: { name: string }[] };

/** Why each case fails in ONNX Runtime alone, in a process of its own; undefined: it passes. */
async function bareFailures(names: readonly string[]): Promise<Map<string, string | undefined>> {
  const failures = new Map<string, string | undefined>();
  for (let left = names; left.length > 0; left = names.filter((name) => !failures.has(name))) {
    const child = spawn(process.execPath, [BARE, folder], { stdio: ['pipe', 'pipe', 'ignore'] });
    child.stdin.on('error', () => undefined).end(left.map((name) => `${name}\n`).join(''));
    for await (const line of createInterface(child.stdout)) {
      const { name, failure } = JSON.parse(line) as { name: string; failure?: string };
      failures.set(name, failure);
    }
    const next = names.find((name) => !failures.has(name));
    if (next !== undefined) failures.set(next, 'it ends the process');
  }
  return failures;
}

describeWith("the ONNX project's node tests", 'ONNX_NODE_TESTS', "the ONNX project's node tests", () => {
  let repository: string;
  let server: RunningServer;
  let client: Client;
  let names: string[];
  beforeAll(async () => {
    names = await readdir(folder);
    repository = await mkdtemp(join(tmpdir(), 'model-server-node-tests-'));
    for (const name of names) {
      await mkdir(join(repository, name));
      await symlink(join(folder, name), join(repository, name, '1'));
    }
    server = await RunningServer.start({
      MODEL_REPOSITORY: repository,
      MODEL_REPOSITORY_POLL_MS: '600000', // hundreds of folders
      MODEL_ISOLATION: 'inline',
    });
    client = server.connect();
  }, 180_000);
  afterAll(async () => {
    await server.stop();
    await rm(repository, { recursive: true });
  }, 60_000);

  /** Over gRPC, each tensor raw. */
  async function served(
    name: string,
    inputs: readonly Tensor[],
    known: readonly { name: string }[],
  ): Promise<Tensor[]> {
    const { outputs, rawOutputContents } = await infer(client, {
      modelName: name,
      inputs: inputs.map(({ datatype, shape }, index) => ({
        name: known[index]?.name ?? '',
        datatype,
        shape: shape.map(BigInt),
      })),
      rawInputContents: inputs.map(encodeRaw),
    });
    return outputs.map(({ datatype, shape, contents }, index) => {
      const [type, sizes] = [datatype as Datatype, shape.map(Number)];
      // A graph without inputs is asked in neither form.
      return contents ? decodeTyped(type, sizes, contents, name) : decodeRaw(type, sizes, rawOutputContents[index]!);
    });
  }

  it('pass over gRPC where ONNX Runtime alone passes; the page lists the rest', async () => {
    const bare = await bareFailures(names);
    await until('every case is served or refused', async () => (await server.get('/readyz')).status === 200, 300_000);
    const ours: string[] = [];
    for (const name of names) {
      const { inputs: known = [] } = (await (await server.get(`/v2/models/${name}`)).json()) as Partial<ModelMetadata>;
      const failure = await failureOf(join(folder, name), (inputs) => served(name, inputs, known));
      if (failure !== undefined && bare.get(name) === undefined) ours.push(`${name}: ${failure}`);
    }
    expect(ours).toEqual([]);
    const failed = names.filter((name) => bare.get(name) !== undefined);
    if (process.env['UPDATE_PAGES']) await writeFile(PAGE, pageOf(names.length, failed, bare));
    const page = await readFile(PAGE, 'utf8');
    expect(failed.filter((name) => !page.includes(`\`${name}\``))).toEqual([]);
  }, 600_000);
});

/** `UPDATE_PAGES=1` writes it. */
function pageOf(all: number, failed: readonly string[], bare: ReadonlyMap<string, string | undefined>): string {
  const reasons = [...new Set(failed.map((name) => bare.get(name) as string))].sort();
  const rows = reasons.map((reason) => {
    const cases = failed.filter((name) => bare.get(name) === reason).sort();
    return `| ${reason} | ${cases.length} | ${cases.map((name) => `\`${name}\``).join(', ')} |`;
  });
  return `# The ONNX project's node tests, over gRPC

Each case is served from a folder, asked over gRPC with raw tensors, and its answer held to the expected one with the
tolerances of the ONNX project's own runner. ${all - failed.length} of ${all} pass, which is every case that ONNX Runtime passes by itself.
The others, by what it says of them, as \`services/model-server/test/node-tests.spec.ts\` found it (\`UPDATE_PAGES=1\` writes this page):

| why ONNX Runtime alone does not pass it | cases | |
| --- | --- | --- |
${rows.join('\n')}
`;
}
