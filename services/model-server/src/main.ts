import cluster from 'node:cluster';
import { readFileSync } from 'node:fs';
import { configOrExit, createLogger, readEnvironment, runUntilSignal } from '@vinaigrette/edge';
import { ClusterPrimary } from './adapters/cluster/cluster-primary.js';
import { configSchema } from './config.js';
import { startModelServer } from './model-server.js';

/** Left after the drain for stopping the threads. */
const STOP_MARGIN_MS = 5_000;

const config = configOrExit('model-server', () => readEnvironment(configSchema, process.env));
const logger = createLogger('model-server', config.LOG_LEVEL);
const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as {
  version: string;
};
const processes = config.SERVER_PROCESSES;
await runUntilSignal(logger, config.DRAIN_TIMEOUT_MS + STOP_MARGIN_MS, () =>
  processes > 1 && cluster.isPrimary
    ? new ClusterPrimary(processes, config.MODEL_SERVER_CACHE_DIR, logger).start()
    : startModelServer(config, version, logger),
);
