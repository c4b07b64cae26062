import { configOrExit, createLogger, runUntilSignal } from '@vinaigrette/edge';
import { readConfig } from './config.js';
import { startGateway } from './start-gateway.js';

const config = configOrExit('app-gateway', () => readConfig(process.env));
const logger = createLogger('app-gateway', config.LOG_LEVEL);

await runUntilSignal(logger, config.DRAIN_TIMEOUT_MS, async () => {
  const gateway = await startGateway(config, logger);
  logger.info({ http: gateway.port }, 'listening');
  return () => gateway.close();
});
