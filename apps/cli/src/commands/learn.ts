import path from 'node:path';
import { OnlineBasket } from '@vinaigrette/basket';
import { createLogger, kafkaSecurityOf } from '@vinaigrette/edge';
import { KafkaReader, SegmentReader } from '@vinaigrette/event-log';
import { OnlineInsurance } from '@vinaigrette/insurance';
import type { OnlineModel } from '@vinaigrette/learning';
import { Argument, InvalidArgumentError, type Command } from 'commander';
import { RegistrySchemas } from '../adapters/registry-schemas.js';
import { serveMetrics } from '../adapters/serve-metrics.js';
import { StateFile } from '../adapters/state-file.js';
import { readConfig, root } from '../config.js';
import { claimState } from '../house/claim.js';
import { LearnFromLog } from '../learning/learn-from-log.js';
import { RunLearner, type SavedLearner } from '../learning/run-learner.js';
import { openRegistry } from './registry-of.js';
import { durationMs, sharesBps, wholeNumber } from './words.js';

type Settings = Record<string, string | number>;

/** The models that learn while they serve. */
const models = {
  basket: (options: Settings, saved: unknown): OnlineModel => new OnlineBasket(options, saved),
  insurance: (options: Settings, saved: unknown): OnlineModel => new OnlineInsurance(options, saved),
};

interface Options {
  halfLife?: number;
  set: Settings;
  publishEvents: number;
  publishTime: number;
  steps: number[];
  stepTime: number;
  samples: number;
  keepTime: number;
  waitTime: number;
  waitingPredictions: number;
  metricsPort?: number;
}

export function addLearn(program: Command): void {
  program
    .command('learn')
    .addArgument(new Argument('<model>').choices(Object.keys(models)))
    .option('--half-life <time>', 'after so long an event counts half', durationMs)
    .option('--set <key=value>', 'an option of the model, such as minConfidence=0.3; may be repeated', setting, {})
    .option('--publish-events <number>', 'events after which a version is published', wholeNumber, 10_000)
    .option('--publish-time <time>', 'or time, if anything was learnt in it', durationMs, 3_600_000)
    .option('--steps <percent>', 'shares of the units that try it', sharesBps, [100, 500, 2_500, 5_000, 10_000])
    .option('--step-time <time>', 'least time at a step', durationMs, 600_000)
    .option('--samples <number>', 'fewest predictions at a step', wholeNumber, 100)
    .option('--keep-time <time>', 'between two times that what was learnt is written down', durationMs, 2_000)
    .option('--wait-time <time>', 'how much later than its prediction an outcome may come', durationMs, 86_400_000)
    .option('--waiting-predictions <number>', 'most predictions that are remembered', wholeNumber, 100_000)
    .option('--metrics-port <port>', 'serve /metrics there; 0: any free port', wholeNumber)
    .description('learn from what became of predictions, and publish it as versions, until Ctrl-C')
    .addHelpText(
      'after',
      `
Reads the segments below EVENT_LOG_DIR, or Kafka where KAFKA_BROKERS is set. What was learnt lies in
STATE_DIR/learn/MODEL: delete the folder to learn afresh.

Examples:
  $ vinaigrette learn basket --half-life 14d --publish-events 5000 --publish-time 6h
  $ vinaigrette learn insurance --half-life 180d --set minRows=300 --metrics-port 9100`,
    )
    .action(learn);
}

async function learn(name: keyof typeof models, options: Options): Promise<void> {
  const config = readConfig(process.env);
  const dir = path.join(config.STATE_DIR, 'learn', name);
  const release = await claimState(dir);
  const logger = createLogger('learner', config.LOG_LEVEL);
  const state = new StateFile<SavedLearner>(path.join(dir, 'state.json'));
  const saved = await state.read();
  const settings = options.halfLife === undefined ? options.set : { ...options.set, halfLifeMs: options.halfLife };
  const model = models[name](settings, saved?.learning.model);
  const registry = openRegistry();
  const limits = {
    predictionsMax: options.waitingPredictions,
    outcomesMax: options.waitingPredictions,
    waitMs: options.waitTime,
  };
  const learning = new LearnFromLog(model, new RegistrySchemas(registry), limits, Date.now, saved?.learning);
  const reader = config.KAFKA_BROKERS
    ? new KafkaReader({
        brokers: config.KAFKA_BROKERS,
        security: kafkaSecurityOf(config),
        groupId: `learner-${name}`,
        logger,
      })
    : new SegmentReader({ dir: config.EVENT_LOG_DIR, logger });
  const learner = new RunLearner({
    ...{ model, learning, reader, registry, state, logger },
    published: saved?.published ?? { learnt: 0, atMs: Date.now() },
    versionDir: path.join(dir, 'version'),
    settings,
    root,
    rhythm: { everyEvents: options.publishEvents, everyMs: options.publishTime },
    rollout: { stepsBps: options.steps, stepMs: options.stepTime, samplesMin: options.samples },
    keepMs: options.keepTime,
  });
  const metrics =
    options.metricsPort === undefined
      ? undefined
      : await serveMetrics('learner', { host: config.BIND_HOST, port: options.metricsPort }, () => learner.figures());
  if (metrics) logger.info({ http: metrics.port }, 'listening');
  await learner.run(untilStopped());
  await metrics?.close();
  release();
}

/** Aborts when the process is asked to end. */
export function untilStopped(): AbortSignal {
  const stop = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => stop.abort());
  return stop.signal;
}

function setting(word: string, before: Settings): Settings {
  const [, key, value] = /^(\w+)=(.+)$/.exec(word) ?? [];
  if (key === undefined || value === undefined) throw new InvalidArgumentError('It is key=value');
  return { ...before, [key]: Number.isNaN(Number(value)) ? value : Number(value) };
}
