import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { createLogger } from '@vinaigrette/edge';
import { Problem } from '@vinaigrette/problems';
import type { Command } from 'commander';
import { serveMetrics } from '../adapters/serve-metrics.js';
import { StateFile } from '../adapters/state-file.js';
import { readConfig } from '../config.js';
import { claimState } from '../house/claim.js';
import { TrainingRequests } from '../retraining/requests.js';
import { isAway, RetrainModels, type SavedRetraining } from '../retraining/retrain-models.js';
import { untilStopped } from './learn.js';
import { setFiles } from './validation.js';
import { openRegistry } from './registry-of.js';
import { durationMs, wholeNumber } from './words.js';

interface Options {
  reason?: string;
  watch?: true;
  poll: number;
  metricsPort?: number;
}

export function addRetrain(program: Command): void {
  program
    .command('retrain')
    .argument('[model]', 'to be trained now')
    .option('--reason <text>', 'why; kept in the history')
    .option('--watch', 'instead: train whatever a retraining document in force asks for, until Ctrl-C')
    .option('--poll <time>', 'between two looks', durationMs, 30_000)
    .option('--metrics-port <port>', 'with --watch: serve /metrics there; 0: any free port', wholeNumber)
    .description('train a model again on its newest labels, and bring the candidate through the gates')
    .addHelpText(
      'after',
      `
When a model is trained again by itself is said by its document of kind \`retraining\`; what a candidate must show, by its
\`promotion-policy\`, on the validation set \`later-slice\`. Runs where the monitor's archive can be read.

Examples:
  $ vinaigrette documents put retraining basket retraining.yaml --alias champion --reason "once a month"
  $ vinaigrette retrain --watch
  $ vinaigrette retrain basket --reason "the summer range is in the shops"`,
    )
    .action(retrain);
}

async function retrain(model: string | undefined, options: Options, command: Command): Promise<void> {
  if ((model === undefined) !== (options.watch === true)) command.error('error: name a model, or --watch them all');
  const config = readConfig(process.env);
  const dir = path.join(config.STATE_DIR, 'retraining');
  const logger = createLogger('retraining', config.LOG_LEVEL);
  const reason = options.reason ?? 'by hand';
  const requests = new TrainingRequests(path.join(dir, 'requests'));
  let release: () => void;
  try {
    release = await claimState(dir);
  } catch (error) {
    if (model === undefined || !(error instanceof Problem)) throw error;
    await requests.leave({ model, reason });
    return console.log(`The process that watches will train ${model}: ${reason}`);
  }
  const state = new StateFile<SavedRetraining>(path.join(dir, 'state.json'));
  const saved = (await state.read()) ?? { format: 1, models: {} };
  const registry = openRegistry();
  const models = new RetrainModels({
    registry,
    monitorUrl: config.MONITOR_URL,
    reserved: (of) => setFiles(registry, of),
    state,
    saved,
    dir: path.join(dir, 'work'),
    logger,
  });
  try {
    if (model !== undefined) return console.log((await models.look({ model, reason }))[model]);
    const { metricsPort: port } = options;
    const metrics =
      port === undefined
        ? undefined
        : await serveMetrics('retraining', { host: config.BIND_HOST, port }, () => models.figures());
    logger.info({ http: metrics?.port, pollMs: options.poll }, 'watching');
    await watch(models, requests, options.poll, (error) =>
      logger.error({ err: error }, 'no look was possible; again soon'),
    );
    await metrics?.close();
  } finally {
    release();
  }
}

/** Looks again and again, until the process is asked to end; a training under way is finished first. */
async function watch(
  models: RetrainModels,
  requests: TrainingRequests,
  pollMs: number,
  told: (error: unknown) => void,
): Promise<void> {
  const signal = untilStopped();
  while (!signal.aborted) {
    try {
      await requests.each((request) =>
        models.look(request).catch((error: unknown) => {
          if (isAway(error)) throw error; // the request waits until there is somebody to ask
          told(error);
        }),
      );
      await models.look();
    } catch (error) {
      told(error);
    }
    await sleep(pollMs, undefined, { signal }).catch(() => undefined);
  }
}
