import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { cp, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { demoVersion } from '../journey/demo-version.js';
import { adder, adderGolden, echo, echoTypes } from './small-models.js';

const MAIN = fileURLToPath(
  new URL('../services/model-server/dist/src/main.js', import.meta.resolve('@vinaigrette/proof/package.json')),
);
const READY_TIMEOUT_MS = 100_000;

/** A model server that serves the basket's demo model and small ones from a folder, and lets callers load and unload. */
export interface ModelServer {
  /** host:port. */
  grpc: string;
  http: string;
  stop(): Promise<void>;
}

/** Runs what `tsc -b` built. */
export async function startModelServer(): Promise<ModelServer> {
  const repository = await mkdtemp(join(tmpdir(), 'vinaigrette-conformance-'));
  await furnish(repository);
  const child = spawn(process.execPath, [MAIN], {
    env: {
      PATH: process.env['PATH'],
      MODEL_SERVER_HTTP_PORT: '0',
      MODEL_SERVER_GRPC_PORT: '0',
      MODEL_REPOSITORY: repository,
      MODEL_CONTROL: 'explicit',
    },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const ports = await new Promise<{ http: number; grpc: number }>((listening, failed) => {
    createInterface(child.stdout).on('line', (text) => {
      const line = JSON.parse(text) as { msg: string; http: number; grpc: number };
      if (line.msg === 'listening') listening(line);
    });
    child.once('exit', (code) => failed(new Error(`the model server ended with ${code}`)));
  });
  const http = `127.0.0.1:${ports.http}`;
  await untilReady(http);
  return {
    http,
    grpc: `127.0.0.1:${ports.grpc}`,
    stop: async () => {
      const exited = once(child, 'exit');
      if (child.kill()) await exited;
      await rm(repository, { recursive: true, force: true });
    },
  };
}

async function furnish(repository: string): Promise<void> {
  const put = async (model: string, version: number, onnx: Uint8Array, golden?: object) => {
    const folder = join(repository, model, String(version));
    await mkdir(folder, { recursive: true });
    await writeFile(join(folder, 'model.onnx'), onnx);
    if (golden) await writeFile(join(folder, 'golden.json'), JSON.stringify(golden));
  };
  for (const [model, addends] of Object.entries({ adder: [1, 2], counted: [1], 'comes-and-goes': [1] })) {
    for (const [index, addend] of addends.entries()) await put(model, index + 1, adder(addend), adderGolden(addend));
  }
  for (const [datatype, elementType] of Object.entries(echoTypes)) {
    await put(`echo-${datatype.toLowerCase()}`, 1, echo(elementType));
  }
  const basket = await demoVersion();
  await cp(basket.dir, join(repository, 'basket', '1'), { recursive: true });
  basket.remove();
}

async function untilReady(http: string): Promise<void> {
  const endMs = Date.now() + READY_TIMEOUT_MS;
  while (!(await fetch(`http://${http}/v2/health/ready`)).ok) {
    if (Date.now() > endMs) throw new Error(`Not ready: ${await (await fetch(`http://${http}/readyz`)).text()}`);
    await pause(50);
  }
}
