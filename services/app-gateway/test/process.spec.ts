import { spawn, type ChildProcess } from 'node:child_process';
import { existsSync } from 'node:fs';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { basketModel, quoteModel, wantedShop } from './shop.js';
import { SmallModelServer } from './small-model-server.js';
import { SmallRegistry } from './small-registry.js';
import { call, eventually, readLog, workspace } from './test-gateway.js';

const MAIN = fileURLToPath(new URL('../dist/src/main.js', import.meta.url));

describe('the gateway as a process', () => {
  let registry: SmallRegistry;
  let models: SmallModelServer;
  let space: Awaited<ReturnType<typeof workspace>>;
  let environment: NodeJS.ProcessEnv;
  let children: ChildProcess[];

  beforeEach(async () => {
    if (!existsSync(MAIN)) throw new Error(`${MAIN} is missing: build first, npx tsc -b services/app-gateway`);
    registry = new SmallRegistry();
    models = new SmallModelServer({ basket: basketModel, insurance: quoteModel });
    space = await workspace();
    registry.want(wantedShop(registry));
    environment = { ...space.environment(await registry.listen(), await models.listen()), LOG_LEVEL: 'info' };
    children = [];
  });

  afterEach(async () => {
    for (const child of children) child.kill('SIGKILL');
    await registry.close();
    models.close();
    await space.remove();
  }, 60_000);

  /** Resolves with the port once the process says it listens, and is ready. */
  const started = async (child: ChildProcess): Promise<string> => {
    children.push(child);
    for await (const line of createInterface({ input: child.stdout! })) {
      const { msg, http } = JSON.parse(line) as { msg: string; http: number };
      if (msg !== 'listening') continue;
      child.stdout!.resume();
      const url = `http://127.0.0.1:${http}`;
      await eventually(async () => (await call(`${url}/readyz`)).status === 200, 'the process is ready');
      return url;
    }
    throw new Error('The process ended before it listened');
  };
  const run = () => spawn(process.execPath, [MAIN], { env: { ...process.env, ...environment } });
  const ask = async (url: string): Promise<string> => {
    const { status, body } = await call(`${url}/v1/recommendations`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ basket: ['milk'] }),
    });
    if (status !== 200) throw new Error(`Answered ${status}`);
    return body.predictionId;
  };

  it('killed under load, has every answered prediction in its log', async () => {
    const child = run();
    const url = await started(child);
    const answered: string[] = [];
    const worker = async (): Promise<void> => {
      for (;;) answered.push(await ask(url)); // until the connection breaks
    };
    const workers = Array.from({ length: 8 }, () => worker().catch(() => undefined));
    await eventually(() => answered.length >= 300, 'the load is on');
    child.kill('SIGKILL');
    await Promise.all(workers);
    const { predictions } = await readLog(space.eventLogDir);
    const logged = new Set(predictions.map(({ predictionId }) => predictionId));
    expect(answered.length).toBeGreaterThanOrEqual(300);
    expect(answered.filter((id) => !logged.has(id))).toEqual([]);
    expect(logged.size).toBe(predictions.length);
  }, 120_000);

  it('asked to stop, answers what is under way and ends with 0', async () => {
    const child = run();
    const url = await started(child);
    models.delayMs = 500;
    const asked = models.asked;
    const answers = Array.from({ length: 5 }, () => ask(url));
    await eventually(() => models.asked >= asked + 1, 'the model is asked');
    const exit = once(child, 'exit');
    child.kill('SIGTERM');
    const ids = await Promise.all(answers);
    expect(await exit).toEqual([0, null]);
    const { predictions } = await readLog(space.eventLogDir);
    expect(predictions.map(({ predictionId }) => predictionId).sort()).toEqual(ids.sort());
  }, 120_000);

  it('goes on answering when the disk is full, and counts what it could not log', async () => {
    // A limit on the length of files refuses writes as a full disk does, and needs no disk of its own.
    const command = 'ulimit -S -f 8; exec "$0" "$1"';
    const url = await started(
      spawn('sh', ['-c', command, process.execPath, MAIN], { env: { ...process.env, ...environment } }),
    );
    const lost = async () => {
      const { body } = await call(`${url}/metrics`);
      return Number(/vinaigrette_gateway_log_lost_records_total (\d+)/.exec(body)?.[1]);
    };
    await eventually(async () => {
      await Promise.all(Array.from({ length: 20 }, () => ask(url)));
      return (await lost()) > 0;
    }, 'records are lost');
    const before = await lost();
    await ask(url);
    expect(await lost()).toBe(before + 1);
  }, 120_000);

  it('names every bad variable, and refuses to start', async () => {
    environment = { ...environment, GATEWAY_HTTP_PORT: 'x', REGISTRY_ADDRESS: 'nowhere' };
    const child = run();
    children.push(child);
    let told = '';
    child.stdout.on('data', (chunk: Buffer) => (told += chunk.toString()));
    const [code] = await once(child, 'close'); // with all it said
    expect(code).not.toBe(0);
    expect(told).toContain('GATEWAY_HTTP_PORT');
    expect(told).toContain('REGISTRY_ADDRESS');
  }, 60_000);

  it('refuses a port that is taken, naming the variable', async () => {
    const url = await started(run());
    const { port } = new URL(url);
    environment = { ...environment, GATEWAY_HTTP_PORT: port, GATEWAY_ID: 'gateway-2' };
    const second = run();
    children.push(second);
    let told = '';
    second.stdout.on('data', (chunk: Buffer) => (told += chunk.toString()));
    const [code] = await once(second, 'close');
    expect(code).toBe(1);
    expect(told).toContain(`cannot listen on port ${port}`);
    expect(told).toContain('GATEWAY_HTTP_PORT');
  }, 60_000);
});
