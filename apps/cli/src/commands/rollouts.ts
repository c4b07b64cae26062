import { Option, type Command } from 'commander';
import { RolloutKind, RolloutMove, RolloutState, type Rollout } from '@vinaigrette/contracts/registry';
import { table } from '../domain/table.js';
import { versionNumber } from './models.js';
import { openRegistry } from './registry-of.js';
import { durationMs, sharesBps } from './words.js';

const moves = [
  { word: 'pause', move: RolloutMove.PAUSE, what: 'keep its share and take no further step' },
  { word: 'resume', move: RolloutMove.RESUME, what: 'go on after a pause' },
  { word: 'advance', move: RolloutMove.ADVANCE, what: 'take the next step now; beyond the last it completes' },
  { word: 'complete', move: RolloutMove.COMPLETE, what: 'give the candidate the alias now' },
  { word: 'abort', move: RolloutMove.ABORT, what: 'send everybody back to the version in force' },
];

export function addRollouts(program: Command): void {
  const rollouts = program.command('rollouts').description('versions on trial beside the one in force');
  rollouts
    .command('list')
    .option('--all', 'also those that have ended')
    .description('running and paused rollouts, newest first')
    .action(async ({ all }: { all?: boolean }) => console.log(listing(await openRegistry().rollouts(!all))));
  rollouts
    .command('start')
    .argument('<name>', 'of the model, rule set or use case')
    .argument('<version>', 'of the candidate', versionNumber)
    .requiredOption('--reason <text>', 'kept in the history')
    .addOption(new Option('--of <kind>', 'what it is').choices(['model', 'rule-set', 'use-case']).default('model'))
    .addOption(
      new Option('--kind <kind>', 'how it is tried').choices(['canary', 'experiment', 'shadow']).default('canary'),
    )
    .option('--alias <alias>', 'the alias it is tried for', 'champion')
    .option('--arm <name>', 'how the log calls an experiment', '')
    .option('--steps <percent>', 'shares of the units; default: 1,5,25,50,100 for a canary', sharesBps)
    .option('--step-time <time>', 'least time at a step, as 90s, 10m or 2h; 0s: every step by hand', durationMs, 0)
    .option('--samples <number>', 'fewest predictions of the candidate at a step', Number, 0)
    .description('try a version beside the one that holds the alias')
    .addHelpText(
      'after',
      `
Examples:
  $ vinaigrette rollouts start basket 2 --step-time 10m --samples 1000 --reason "July sales"
  $ vinaigrette rollouts start shop 4 --of rule-set --kind experiment --arm bold --steps 50 --reason "more to see"
  $ vinaigrette rollouts start basket 3 --kind shadow --steps 10 --reason "a first look"`,
    )
    .action(start);
  for (const { word, move, what } of moves) {
    rollouts
      .command(word)
      .argument('<id>', 'as `vinaigrette rollouts list` shows it')
      .requiredOption('--reason <text>', 'kept in the history')
      .description(what)
      .action(async (id: string, { reason }: { reason: string }) => {
        tell(await openRegistry().moveRollout(id, move, reason));
      });
  }
}

interface StartOptions {
  of: string;
  kind: Lowercase<keyof typeof RolloutKind>;
  alias: string;
  arm: string;
  steps?: number[];
  stepTime: number;
  samples: number;
  reason: string;
}

async function start(name: string, candidate: number, options: StartOptions, command: Command): Promise<void> {
  const { of, kind, alias, arm, steps, stepTime, samples, reason } = options;
  if (kind === 'experiment' && arm === '')
    command.error('error: an experiment wants an --arm, as the log will call it');
  if (kind !== 'canary' && steps?.length !== 1) command.error(`error: a ${kind} wants one share: --steps 50`);
  const rollout = await openRegistry().startRollout({
    subject: { kind: of, name },
    alias,
    candidate,
    kind: RolloutKind[kind.toUpperCase() as keyof typeof RolloutKind],
    variant: arm,
    stepsBps: steps ?? [],
    stepMs: BigInt(stepTime),
    samplesMin: samples,
    reason,
  });
  tell(rollout);
}

function tell(rollout: Rollout | undefined): void {
  if (rollout) console.log(`${rollout.id}: ${rollout.subject?.name} ${rollout.candidate}, ${position(rollout)}`);
}

function position({ state, step, stepsBps, kind }: Rollout): string {
  const share = `${(stepsBps[step] ?? 0) / 100} %`;
  return `${RolloutKind[kind].toLowerCase()} ${RolloutState[state].toLowerCase()} at ${share}`;
}

function listing(rollouts: Rollout[]): string {
  if (rollouts.length === 0) return 'Nothing is on trial. Start a rollout: vinaigrette rollouts start NAME VERSION';
  const rows = rollouts.map((rollout) => [
    rollout.id,
    `${rollout.subject?.kind} ${rollout.subject?.name}`,
    `${rollout.candidate} beside ${rollout.control}`,
    position(rollout),
    new Date(Number(rollout.changedAtMs)).toISOString().slice(0, 19),
    rollout.reason,
  ]);
  return table(['ID', 'OF', 'VERSIONS', 'POSITION', 'SINCE (UTC)', 'WHY'], rows);
}
