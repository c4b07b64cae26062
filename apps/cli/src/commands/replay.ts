import { writeFile } from 'node:fs/promises';
import { NoShopTables, PostgresShopTables, type ReadyUseCase } from '@vinaigrette/app-gateway/parts';
import { createLogger, tlsOf } from '@vinaigrette/edge';
import { InvalidArgumentError, type Command } from 'commander';
import { withArchive } from '../adapters/archive.js';
import { AskVersion } from '../adapters/ask-version.js';
import { pinUseCase, type Pins } from '../adapters/pin-use-case.js';
import type { Registry } from '../adapters/registry.js';
import { readConfig } from '../config.js';
import {
  failedGates,
  notLogged,
  reportReplay,
  type LoggedRequest,
  type ReplayedPair,
  type ReplayGate,
  type ReplayReport,
} from '../domain/replayed.js';
import { table } from '../domain/table.js';
import { answerAgain, type Again } from '../replay/answer-again.js';
import { loggedRequests } from '../replay/logged-requests.js';
import { openRegistry } from './registry-of.js';
import { durationMs } from './words.js';

interface ReplayOptions extends ReplayGate {
  candidate: { subject: keyof Pins; version: number };
  useCase: string;
  since: number;
  requests: number;
  kpi: 'success' | 'revenue';
  json?: string;
  evidence?: string;
}

export function addReplay(program: Command): void {
  program
    .command('replay')
    .requiredOption('--candidate <kind@version>', 'model@3, rules@7 or use-case@2', candidateOf)
    .option('--use-case <name>', 'whose requests', 'recommendations')
    .option('--since <length>', 'how far back: 24h, 7d', durationMs, durationMs('7d'))
    .option('--requests <count>', 'at most so many', Number, 20_000)
    .option('--kpi <what>', 'success (by the use case) or revenue', kpiOf, 'success')
    .option('--json <file>', 'the whole report')
    .option(
      '--evidence <set>',
      "keep the figures as the candidate model's evaluation on this set, for promotion policies",
    )
    .option('--max-changed <share>', 'gate: at most this share of the answers changes', shareOf)
    .option('--min-overlap <share>', 'gate: the answers share at least this part of their items', shareOf)
    .option('--min-lift <amount>', "gate: what the lower end of the KPI's lift must reach", Number)
    .option('--min-replayable <share>', 'gate: so many of the requests can be replayed', shareOf)
    .description('answer logged requests again: who would see what else, and what it would be worth')
    .addHelpText(
      'after',
      `
What is in force answers again beside the candidate, so that what a record does not hold is missing on both sides.
The exit status is 2 where a gate is not passed.

Example:
  $ vinaigrette replay --candidate model@3 --since 7d --max-changed 0.5 --min-lift -0.01`,
    )
    .action(replay);
}

async function replay(options: ReplayOptions): Promise<void> {
  const config = readConfig(process.env);
  const registry = openRegistry();
  const control = await pinUseCase(registry, options.useCase);
  const candidate = await pinUseCase(registry, options.useCase, {
    [options.candidate.subject]: options.candidate.version,
  });
  const { useCase, requests: requestsMax, kpi } = options;
  const sinceMs = Date.now() - options.since;
  const wanted = { useCase, document: control.document, sinceMs, requestsMax, kpi };
  const requests = await withArchive(config.MONITOR_URL, (archive) => loggedRequests(archive, wanted));
  const tables = config.SHOP_DATABASE_URL
    ? new PostgresShopTables(config.SHOP_DATABASE_URL, createLogger('replay', 'warn'))
    : new NoShopTables();
  const again = async (arm: ReadyUseCase) => {
    const version = new AskVersion(config.MODEL_SERVER_ADDRESS, arm.wanted, tlsOf(config).client);
    return answerAgain(arm, requests, version, tables).finally(() => version.close());
  };
  const [before, after] = [await again(control), await again(candidate)];
  await tables.close();
  const { pairs, lost } = paired(requests, before.answers, after.answers);
  const report = reportReplay(pairs, {
    kind: control.document.kind,
    versions: { model: control.wanted.version, ruleSet: control.ruleSet?.version ?? 0 },
    catalogue: new Map([...before.catalogue, ...after.catalogue]),
  });
  const failed = failedGates(report, requests.length, options);
  const whole = {
    useCase,
    candidate: `${options.candidate.subject}@${options.candidate.version}`,
    since: new Date(sinceMs).toISOString(),
    requests: requests.length,
    notReplayable: lost,
    notLogged: [...new Set([...notLogged(control), ...notLogged(candidate)])],
    ...report,
    latencyMs: {
      logged: quantiles(requests.map(({ latencyMs }) => latencyMs)),
      control: quantiles(before.timesMs),
      candidate: quantiles(after.timesMs),
    },
    failed,
  };
  console.log(page(whole));
  if (options.json) await writeFile(options.json, `${JSON.stringify(whole, null, 2)}\n`);
  if (options.evidence) await keepEvidence(registry, options.evidence, candidate, report, requests);
  if (failed.length > 0) process.exitCode = 2;
}

/** Requests that both arms answered; the others by why they did not. */
function paired(requests: readonly LoggedRequest[], before: readonly Again[], after: readonly Again[]) {
  const pairs: ReplayedPair[] = [];
  const lost: Record<string, number> = {};
  for (const [at, request] of requests.entries()) {
    const [control, candidate] = [before[at]!, after[at]!];
    if (control.ok && candidate.ok) pairs.push({ request, control: control.answer, candidate: candidate.answer });
    else {
      const why = control.ok ? `the candidate: ${candidate.ok ? '' : candidate.why}` : control.why;
      lost[why] = (lost[why] ?? 0) + 1;
    }
  }
  return { pairs, lost };
}

/** Metrics of an evaluation, where a promotion policy finds them. */
async function keepEvidence(
  registry: Registry,
  validationSet: string,
  { wanted: { model, version } }: ReadyUseCase,
  { changed, overlap, kpi }: ReplayReport,
  requests: readonly LoggedRequest[],
): Promise<void> {
  const told = kpi && kpi.cannotTell === undefined ? kpi : undefined;
  const metrics: Record<string, number> = {
    replay_changed: changed,
    ...(overlap === null ? {} : { replay_overlap: overlap }),
    ...(told?.snips ? { replay_kpi: told.snips.value } : {}),
    ...(told?.lift ? { replay_lift_low: told.lift.low } : {}),
  };
  const dataUntilMs = Math.max(0, ...requests.map(({ occurredAtMs }) => occurredAtMs));
  await registry.putEvaluation({ model, version, validationSet, dataUntilMs, metrics });
  console.log(`kept as an evaluation of ${model} ${version} on ${validationSet}`);
}

type Page = ReplayReport & {
  candidate: string;
  requests: number;
  notReplayable: Record<string, number>;
  notLogged: string[];
  latencyMs: Record<string, { p50: number; p99: number } | null>;
  failed: string[];
};

function page(report: Page): string {
  const { requests, replayed, changed, overlap, reproduced, kpi } = report;
  const lines = [
    `${report.candidate}: ${replayed} of ${requests} requests replayed`,
    ...Object.entries(report.notReplayable).map(([why, count]) => `  not replayable: ${count}, ${why}`),
    ...report.notLogged.map((what) => `  not in the record, and unknown to the rules: ${what}`),
    `other answers      ${percent(changed)}${overlap === null ? '' : `, overlap of what is shown ${percent(overlap)}`}`,
    `what was shown comes out again in ${reproduced.share === null ? '-' : percent(reproduced.share)} of ${reproduced.answers} answers of the versions in force`,
    ...Object.entries(report.latencyMs).map(
      ([who, of]) =>
        `latency, ${who.padEnd(9)} ${of ? `p50 ${of.p50.toFixed(1)} ms, p99 ${of.p99.toFixed(1)} ms` : '-'}`,
    ),
    kpi === null ? 'KPI                the record of a prediction does not hold what was shown' : kpiLine(kpi),
  ];
  const numbers = (value: number | null) => (value === null ? '-' : value.toPrecision(5));
  const means = Object.entries(report.means).map(([name, { control, candidate }]) => [
    name,
    numbers(control),
    numbers(candidate),
  ]);
  const fired = Object.entries(report.fired).map(([rule, of]) => [rule, String(of.control), String(of.candidate)]);
  const segments = report.segments.map((one) => [one.segment, String(one.answers), percent(one.changed)]);
  return [
    lines.join('\n'),
    ...(means.length > 0 ? [table(['MEAN OF', 'IN FORCE', 'CANDIDATE'], means)] : []),
    ...(fired.length > 0 ? [table(['RULE FIRED', 'IN FORCE', 'CANDIDATE'], fired)] : []),
    ...(segments.length > 0 ? [table(['SEGMENT', 'ANSWERS', 'CHANGED'], segments)] : []),
    report.failed.length > 0 ? report.failed.map((why) => `not passed: ${why}`).join('\n') : 'passed',
  ].join('\n\n');
}

function kpiLine({ logged, snips, ips, lift, effectiveSamples, cannotTell }: NonNullable<ReplayReport['kpi']>): string {
  const seen = `${logged.toPrecision(4)} as shown, ${Math.round(effectiveSamples)} effective answers`;
  if (cannotTell !== undefined || !snips || !lift) return `KPI                cannot tell: ${cannotTell} (${seen})`;
  const interval = ({ value, low, high }: typeof snips) =>
    `${value.toPrecision(4)} (95 %: ${low.toPrecision(4)} to ${high.toPrecision(4)})`;
  return `KPI                ${interval(snips)}, lift ${interval(lift)}; ${seen}; unnormalised ${ips.toPrecision(4)}`;
}

function quantiles(values: readonly number[]): { p50: number; p99: number } | null {
  const sorted = values.toSorted((a, b) => a - b);
  const at = (share: number) => sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] as number;
  return sorted.length === 0 ? null : { p50: at(0.5), p99: at(0.99) };
}

const percent = (value: number): string => `${(value * 100).toFixed(1)} %`;

const subjects: Record<string, keyof Pins> = { model: 'model', rules: 'ruleSet', 'use-case': 'useCase' };

function candidateOf(word: string): ReplayOptions['candidate'] {
  const [, kind = '', version] = /^([a-z-]+)@(\d{1,9})$/.exec(word) ?? [];
  const subject = subjects[kind];
  if (subject === undefined) throw new InvalidArgumentError('It is model@3, rules@7 or use-case@2');
  return { subject, version: Number(version) };
}

function shareOf(word: string): number {
  const share = Number(word);
  if (!(share >= 0 && share <= 1)) throw new InvalidArgumentError('It is a share: 0 to 1');
  return share;
}

function kpiOf(word: string): ReplayOptions['kpi'] {
  if (word === 'success' || word === 'revenue') return word;
  throw new InvalidArgumentError('It is success or revenue');
}
