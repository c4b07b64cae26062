import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { encodeRequest, ModelServers } from '@vinaigrette/app-gateway/parts';
import { adder, adderGolden } from '../conformance/small-models.js';
import { eventually } from './house.js';

const MAIN = fileURLToPath(
  new URL('../services/model-server/dist/src/main.js', import.meta.resolve('@vinaigrette/proof/package.json')),
);
const inputs = { x: { datatype: 'FP32', shape: [1, 2], data: new Float32Array([1, 2]) } } as const;

/** Two model servers on one port of two addresses, as the replicas behind a headless name are. */
describe('replicas of the model server behind one name', () => {
  const repository = mkdtempSync(join(tmpdir(), 'vinaigrette-replicas-'));
  const replicas = new Map<string, ChildProcess>();
  /** What the name stands for now. */
  let addresses: string[];
  let port: number;
  let servers: ModelServers;

  const start = async (host: string) => {
    const child = spawn(process.execPath, [MAIN], {
      env: {
        PATH: process.env.PATH,
        BIND_HOST: host,
        MODEL_SERVER_HTTP_PORT: '0',
        MODEL_SERVER_GRPC_PORT: String(port),
        MODEL_REPOSITORY: repository,
      },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    replicas.set(host, child);
    const told = new Promise<void>((ready, failed) => {
      let text = '';
      child.stdout.on('data', (chunk: Buffer) => (text += chunk.toString()).includes('version ready') && ready());
      child.once('exit', () => failed(new Error(text)));
    });
    await told;
  };
  const end = async (host: string, signal: NodeJS.Signals) => {
    const child = replicas.get(host) as ChildProcess;
    const exited = once(child, 'exit');
    child.kill(signal);
    await exited;
  };

  beforeAll(async () => {
    const folder = join(repository, 'adder', '1');
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, 'model.onnx'), adder(1));
    writeFileSync(join(folder, 'golden.json'), JSON.stringify(adderGolden(1)));
    const free = createServer().listen(0, '127.0.0.2');
    await once(free, 'listening');
    ({ port } = free.address() as AddressInfo);
    await new Promise((closed) => free.close(closed));
    addresses = ['127.0.0.1'];
    await start('127.0.0.1');
    servers = new ModelServers([`models.shop.internal:${port}`], undefined, async (host) => {
      if (host !== 'models.shop.internal' || addresses.length === 0) throw new Error('no such name');
      return addresses;
    });
    await eventually('asked', ask, (answer) => answer.ok);
  }, 120_000);
  afterAll(async () => {
    servers.close();
    for (const child of replicas.values()) child.kill('SIGKILL');
    rmSync(repository, { recursive: true, force: true });
  });

  const ask = () => servers.infer(encodeRequest('adder', '1', inputs), performance.now() + 60_000);

  /** Eight who ask and ask while something happens; answers with what went wrong. */
  async function underLoad(happens: () => Promise<unknown>): Promise<string[]> {
    const wrong: string[] = [];
    let [asking, answered] = [true, 0];
    const callers = Array.from({ length: 8 }, async () => {
      while (asking) {
        const answer = await ask();
        answered += 1;
        if (!answer.ok) wrong.push(`${answer.reason}: ${answer.why}`);
      }
    });
    const more = async (count: number) => {
      const until = answered + count;
      await eventually(
        'answered',
        async () => answered,
        (now) => now >= until,
      );
    };
    await more(100);
    await happens();
    await more(200);
    asking = false;
    await Promise.all(callers);
    return wrong;
  }

  it('are found when they are added, and none is missed when one is killed', async () => {
    addresses = ['127.0.0.1', '127.0.0.2'];
    await start('127.0.0.2');
    expect(await underLoad(() => end('127.0.0.1', 'SIGKILL'))).toEqual([]); // so the other one was found
  }, 120_000);

  it('lose no call while one is drained, and stay while the name cannot be looked up', async () => {
    await start('127.0.0.1');
    addresses = [];
    expect(await underLoad(() => end('127.0.0.2', 'SIGTERM'))).toEqual([]); // and the first one was found again
  }, 120_000);
});
