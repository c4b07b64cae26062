import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fromBinary } from '@bufbuild/protobuf';
import { OutcomeSchema, PredictionSchema, type Outcome, type Prediction } from '@vinaigrette/contracts/events';
import { createLogger } from '@vinaigrette/edge';
import { readSegments } from '@vinaigrette/event-log';
import { readConfig } from '../src/config.js';
import { startGateway, type Gateway } from '../src/start-gateway.js';

export const TOKEN = 'a-token-only-replays-know';

export interface Answer {
  status: number;
  headers: Headers;
  // The tests say what they expect of it.
  // eslint-disable-next-line @typescript-eslint/no-explicit-any
  body: any;
}

/** A folder for the log and the last good copies, and what to put in the environment. */
export async function workspace() {
  const folder = await mkdtemp(join(tmpdir(), 'vinaigrette-gateway-'));
  return {
    folder,
    eventLogDir: join(folder, 'log'),
    environment: (registryPort: number, modelServerPort: number): NodeJS.ProcessEnv => ({
      GATEWAY_HTTP_PORT: '0',
      REGISTRY_ADDRESS: `127.0.0.1:${registryPort}`,
      MODEL_SERVER_ADDRESS: `127.0.0.1:${modelServerPort}`,
      EVENT_LOG_DIR: join(folder, 'log'),
      GATEWAY_CACHE_DIR: join(folder, 'last-good'),
      TRUSTED_CALLER_TOKEN: TOKEN,
      LOG_LEVEL: process.env['TEST_LOG_LEVEL'] ?? 'silent',
    }),
    remove: () => rm(folder, { recursive: true, force: true }),
  };
}

/** A whole gateway in this process, spoken to over HTTP. */
export class TestGateway {
  private constructor(
    private readonly gateway: Gateway,
    readonly url: string,
  ) {}

  static async start(environment: NodeJS.ProcessEnv): Promise<TestGateway> {
    const config = readConfig(environment);
    const gateway = await startGateway(config, createLogger('app-gateway', config.LOG_LEVEL));
    return new TestGateway(gateway, `http://127.0.0.1:${gateway.port}`);
  }

  post(path: string, body: unknown, headers: Record<string, string> = {}): Promise<Answer> {
    return call(`${this.url}${path}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body: typeof body === 'string' ? body : JSON.stringify(body),
    });
  }

  get(path: string): Promise<Answer> {
    return call(`${this.url}${path}`);
  }

  async ready(): Promise<void> {
    await eventually(async () => (await this.get('/readyz')).status === 200, 'the gateway is ready');
  }

  close(): Promise<void> {
    return this.gateway.close();
  }
}

export async function call(url: string, init?: RequestInit): Promise<Answer> {
  const response = await fetch(url, init);
  const text = await response.text();
  const json = response.headers.get('content-type')?.includes('json') ?? false;
  return { status: response.status, headers: response.headers, body: json ? JSON.parse(text) : text };
}

/** Until it is so; there is no other clock in these tests. */
export async function eventually(holds: () => Promise<boolean> | boolean, what: string): Promise<void> {
  for (let tries = 0; tries < 600; tries++) {
    if (await holds()) return;
    await delay(50);
  }
  throw new Error(`Waited 30 s in vain until ${what}`);
}

/** Every record now in the segments. */
export async function readLog(dir: string): Promise<{ predictions: Prediction[]; outcomes: Outcome[] }> {
  const [predictions, outcomes]: [Prediction[], Outcome[]] = [[], []];
  for await (const { topic, body } of readSegments(dir)) {
    if (topic === 'predictions') predictions.push(fromBinary(PredictionSchema, body));
    else outcomes.push(fromBinary(OutcomeSchema, body));
  }
  return { predictions, outcomes };
}
