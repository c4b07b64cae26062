import 'reflect-metadata';
import { configOrExit, createLogger, runUntilSignal } from '@vinaigrette/edge';
import { readConfig } from './config.js';
import { start } from './start.js';

const config = configOrExit('registry', () => readConfig(process.env));
const logger = createLogger('registry', config.LOG_LEVEL);
await runUntilSignal(logger, config.DRAIN_TIMEOUT_MS, () => start(config, logger));
