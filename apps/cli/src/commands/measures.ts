import type { Command } from 'commander';
import { AlertState, type Estimate, type LabelCoverage } from '@vinaigrette/contracts/monitor';
import { Problem } from '@vinaigrette/problems';
import { table } from '../domain/table.js';
import { openMonitor } from './monitor-of.js';
import { timeMs } from './words.js';

interface Asked {
  modelVersion: string;
  window: string;
  segment: string;
  from?: number;
  to?: number;
}

const time = (ms: bigint) => new Date(Number(ms)).toISOString().slice(0, 16).replace('T', ' ');
const figure = (value: number | undefined) => (value === undefined ? '-' : String(Number(value.toPrecision(4))));
const interval = ({ value, low, high }: Partial<Estimate> = {}) =>
  `${figure(value)} (${figure(low)} to ${figure(high)})`;
const covered = ({ predictions, labelled, share }: Partial<LabelCoverage> = {}) =>
  `${labelled} of ${predictions} labelled, ${interval(share)}`;

/** Adds what can be asked of a version besides its drift: every figure also when nothing is wrong. */
export function addMeasures(drift: Command): void {
  const asking = (name: string, description: string) =>
    drift
      .command(name)
      .argument('<model>')
      .option('--model-version <number>', 'default: the newest that was counted', '')
      .option('--window <length>', '1h or 24h, up to now', '24h')
      .option('--from <time>', 'ISO 8601, with --to, in the place of a window', timeMs)
      .option('--to <time>', 'ISO 8601', timeMs)
      .option('--segment <segment>', 'dimension=value', '')
      .description(description);

  asking('measures', 'how right a version was, as far as labels tell').action(async (model: string, asked: Asked) => {
    const answer = await openMonitor().getMeasures({ question: questionOf(model, asked) });
    console.log(`${answer.model} ${answer.version}, ${answer.task}: ${covered(answer.coverage)}`);
    console.log(`of those old enough: ${covered(answer.mature)}\n`);
    const rows = Object.entries(answer.measures).map(([name, one]) => [name, interval(one), String(one.n)]);
    console.log(table(['MEASURE', '95 % INTERVAL', 'N'], rows));
  });
  asking('worth', 'what a model earns beside the holdout, and its KPIs').action(async (model: string, asked: Asked) => {
    const question = questionOf(model, asked);
    const { kpis } = await openMonitor().listKpis({ question });
    const rows = kpis.map(({ kpi, kpiVersion, estimate }) => [`${kpi} ${kpiVersion}`, interval(estimate)]);
    console.log(table(['KPI', '95 % INTERVAL'], rows));
    console.log(`\n${(await openMonitor().getWorth({ question })).says}`);
  });
  asking('rules', 'whether the association rules of a version still hold').action(
    async (model: string, asked: Asked) => {
      const { rules, baskets, countedOn } = await openMonitor().listRules({ question: questionOf(model, asked) });
      console.log(`${baskets} baskets of ${countedOn}\n`);
      console.log(
        table(
          ['RULE', 'STATE', 'WHAT'],
          rules.map(({ rule, state, says }) => [String(rule), state, says]),
        ),
      );
    },
  );
  asking('looks', 'every look as it was issued, and issued again when rows came late').action(
    async (model: string, asked: Asked) => {
      const { looks } = await openMonitor().listLooks({ question: questionOf(model, asked) });
      const rows = looks.map((look) => [
        ...[time(look.toMs), look.window, String(look.revision), String(look.predictions)],
        ...[look.severity || look.state, look.why],
      ]);
      console.log(table(['UP TO (UTC)', 'WINDOW', 'REVISION', 'PREDICTIONS', 'LOOK', 'WHY'], rows));
    },
  );
  drift
    .command('compare')
    .argument('[model]', 'default: every model', '')
    .description('the last look at each variant, and at each version beside last week and the champion')
    .action(async (model: string) => {
      const { comparisons } = await openMonitor().listComparisons({ model });
      const rows = comparisons.map((one) => [
        ...[`${one.model} ${one.version}`, one.window, one.variant || '-'],
        ...[one.expectedName || one.against, one.severity || one.state, figure(one.weightedShift), one.why],
      ]);
      console.log(table(['VERSION', 'WINDOW', 'VARIANT', 'AGAINST', 'LOOK', 'WEIGHTED SHIFT', 'WHY'], rows));
    });
  drift
    .command('alerts')
    .argument('[model]', 'default: every model', '')
    .description('the state of every version that is judged')
    .action(async (model: string) => {
      const { alerts } = await openMonitor().listAlerts({ model });
      const rows = alerts.map((one) => [
        ...[`${one.model} ${one.version}`, AlertState[one.state], one.severity || '-', time(one.sinceMs)],
        one.stale === '' ? one.why : `${one.why}; stale: ${one.stale}`,
      ]);
      console.log(table(['VERSION', 'STATE', 'SEVERITY', 'SINCE (UTC)', 'WHY'], rows));
    });
  drift
    .command('actions')
    .argument('[model]', 'default: every model', '')
    .description('what the monitor decided to do, why, and what came of it')
    .action(async (model: string) => {
      const { actions } = await openMonitor().listActions({ model });
      const rows = actions.map((one) => [
        ...[time(one.decidedMs), `${one.model} ${one.version}`, one.kind, one.state, one.why, one.answer],
      ]);
      console.log(table(['DECIDED (UTC)', 'VERSION', 'WHAT', 'STATE', 'WHY', 'ANSWER'], rows));
    });
  drift
    .command('hide-rule')
    .argument('<model>')
    .argument('<rule>', 'its number, as `drift rules` tells it', Number)
    .requiredOption('--reason <text>', 'kept in the history')
    .option('--rule-set <name>', "default: the one of the model's use case", '')
    .option('--model-version <number>', 'default: the newest that was counted', '')
    .description('hide what a dead rule recommends, by a new version of the rule set in force')
    .addHelpText(
      'after',
      '\nExample:\n  $ vinaigrette drift hide-rule basket 12 --reason "milk brings no sugar any more"\nThe way back:\n  $ vinaigrette documents rollback rule-set shop --reason "it does"',
    )
    .action(async (model: string, rule: number, { reason, ruleSet, modelVersion }: Record<string, string>) => {
      const wish = { model, rule, reason: reason ?? '', ruleSet: ruleSet ?? '', version: modelVersion ?? '' };
      console.log((await openMonitor().hideRule(wish)).says);
    });
}

/** What a command was asked as the contract asks it. Throws QUERY_INVALID when one end of a range is missing. */
export function questionOf(model: string, { modelVersion, window, segment, from, to }: Asked) {
  if (from === undefined && to === undefined) return { model, version: modelVersion, window, segment };
  if (from === undefined || to === undefined) {
    const field = from === undefined ? 'from' : 'to';
    throw new Problem('QUERY_INVALID', `${field}: a range has both ends, --from and --to`, { field });
  }
  return { model, version: modelVersion, segment, fromMs: BigInt(from), toMs: BigInt(to) };
}
