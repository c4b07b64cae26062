import { mkdirSync } from 'node:fs';
import path from 'node:path';
import { Registry } from '../adapters/registry.js';
import { root, type Config } from '../config.js';
import { planHouse } from '../domain/plan-house.js';
import { screen } from '../domain/screen.js';
import { claimPorts, claimState } from './claim.js';
import { givenDatabase, ownDatabase } from './database.js';
import { provideFirstModel } from './first-model.js';
import { waitUntilReady } from './readiness.js';
import { ServiceProcess } from './service-process.js';

const READY_TIMEOUT_MS = 60_000;

/** A house that stands: what it looks like, and how it is closed again. */
export interface RunningHouse {
  screen: string;
  /** In order, the last started first; also what only half started. */
  stop(): Promise<void>;
}

/**
 * Starts PostgreSQL and the four services as processes of their own, gives an empty registry its first model, and
 * answers when a recommendation would be answered. `tell` gets one sentence a step. What failed half-way is stopped.
 * Throws ALREADY_RUNNING, PORT_TAKEN, DATABASE_NOT_STARTED, DATABASE_UNREACHABLE or SERVICE_NOT_STARTED.
 */
export async function runHouse(
  config: Config,
  tell: (news: string) => void,
  signal: AbortSignal,
): Promise<RunningHouse> {
  const startedAt = performance.now();
  const stateDir = config.STATE_DIR;
  mkdirSync(stateDir, { recursive: true });
  const closing: (() => Promise<void>)[] = [];
  const stop = async () => {
    for (let close = closing.pop(); close; close = closing.pop()) {
      await close().catch((error: Error) => tell(error.message));
    }
  };

  try {
    const release = await claimState(stateDir);
    closing.push(async () => release());
    await endLeftovers(config, tell);
    const ports = await claimPorts(config);
    signal.throwIfAborted();

    tell(config.DATABASE_URL ? 'asking the PostgreSQL that DATABASE_URL names' : 'starting PostgreSQL');
    const database = config.DATABASE_URL ? await givenDatabase(config.DATABASE_URL) : await ownDatabase(stateDir, tell);
    closing.push(async () => {
      await database.stop();
      tell('PostgreSQL: stopped');
    });
    signal.throwIfAborted();

    const services = servicesOf(config, tell, { ports, databaseUrl: database.url });
    tell(`starting ${services.map(({ name }) => name).join(', ')}`);
    const starting = services.map((service) => {
      closing.push(async () => {
        const how = await service.stop();
        tell(`${service.name}: ${how === 'SIGKILL' ? 'did not stop in time, killed' : 'stopped'}`);
      });
      return service.start();
    });
    await orAborted(Promise.all(starting), signal);

    const registry = new Registry(`127.0.0.1:${ports.REGISTRY_GRPC_PORT}`, 'vinaigrette start', config.REGISTRY_KEY);
    await orAborted(provideFirstModel(registry, stateDir, tell), signal);
    tell('waiting until everything is ready');
    const missing = await orAborted(waitUntilReady(ports, READY_TIMEOUT_MS), signal);
    const text = screen({
      ports,
      database: database.where,
      eventLog: process.env.KAFKA_BROKERS ? `Kafka at ${process.env.KAFKA_BROKERS}` : path.join(stateDir, 'event-log'),
      logs: path.join(stateDir, 'logs'),
      missing,
      seconds: (performance.now() - startedAt) / 1_000,
    });
    return { screen: text, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

function servicesOf(
  config: Config,
  tell: (news: string) => void,
  { ports, databaseUrl }: Pick<Parameters<typeof planHouse>[0], 'ports' | 'databaseUrl'>,
): ServiceProcess[] {
  const settings = {
    stateDir: config.STATE_DIR,
    startTimeoutMs: config.START_TIMEOUT_MS,
    drainTimeoutMs: config.DRAIN_TIMEOUT_MS,
  };
  const plans = planHouse({ root, stateDir: config.STATE_DIR, ports, databaseUrl });
  return plans.map((plan) => new ServiceProcess(plan, settings, tell));
}

/** Services whose supervisor was killed hold ports and the log: they are drained before new ones start. */
async function endLeftovers(config: Config, tell: (news: string) => void): Promise<void> {
  for (const service of servicesOf(config, tell, { ports: config, databaseUrl: '' }).reverse()) {
    if (await service.endLeftover()) tell(`stopped the ${service.name} that an earlier start left behind`);
  }
}

/** Settles as the work does, or rejects as soon as somebody wants to stop. */
async function orAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise<T>((resolve, reject) => {
    const abort = () => reject(signal.reason as Error);
    if (signal.aborted) abort();
    signal.addEventListener('abort', abort, { once: true });
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort));
  });
}
