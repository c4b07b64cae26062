import {
  AlertState,
  type Drift,
  type FeatureDrift,
  type RejudgedPage,
  type RejudgeDriftResponse,
} from '@vinaigrette/contracts/monitor';
import type { Command } from 'commander';
import { table } from '../domain/table.js';
import { bodyOf } from './documents.js';
import { addMeasures } from './measures.js';
import { openMonitor } from './monitor-of.js';
import { timeMs } from './words.js';

export function addDrift(program: Command): void {
  const drift = program.command('drift').description('what the drift monitor has seen, and what it would have seen');
  drift
    .command('show', { isDefault: true })
    .argument('<model>')
    .option('--model-version <number>', 'default: the newest that was counted', '')
    .option('--window <length>', '1h or 24h, up to now', '1h')
    .description('how far the predictions of a window are from the baseline of their version')
    .addHelpText('after', '\nExample:\n  $ vinaigrette drift basket --window 24h')
    .action(async (model: string, { modelVersion, window }: { modelVersion: string; window: string }) => {
      const { drift } = await openMonitor().getDrift({ model, version: modelVersion, window });
      console.log(drift ? page(drift) : `Nothing is known of ${model}`);
    });
  drift
    .command('rejudge')
    .argument('<model>')
    .requiredOption('--policy <file>', 'a drift-policy document, .yaml, .yml or .json')
    .requiredOption('--from <time>', 'ISO 8601', timeMs)
    .requiredOption('--to <time>', 'ISO 8601', timeMs)
    .option('--model-version <number>', 'default: the newest that was counted', '')
    .description('how many pages another policy would have sent')
    .addHelpText(
      'after',
      '\nExample:\n  $ vinaigrette drift rejudge basket --policy calmer.yaml --from 2026-11-01 --to 2026-11-21',
    )
    .action(async (model: string, { policy, from, to, modelVersion }: Rejudging) => {
      const range = { fromMs: BigInt(from), toMs: BigInt(to) };
      const policyJson = JSON.stringify(await bodyOf(policy));
      console.log(
        rejudgement(await openMonitor().rejudgeDrift({ model, version: modelVersion, ...range, policyJson })),
      );
    });
  addMeasures(drift);
}

interface Rejudging {
  policy: string;
  from: number;
  to: number;
  modelVersion: string;
}

function rejudgement({ version, looks, inForce, proposed }: RejudgeDriftResponse): string {
  const told = (what: string, pages: RejudgedPage[] = []) => {
    const lines = pages.map(({ fromMs, toMs, severity, why }) => [
      time(fromMs),
      toMs ? time(toMs) : '-',
      severity,
      why,
    ]);
    const count = `${what}: ${pages.length} ${pages.length === 1 ? 'page' : 'pages'}`;
    return pages.length === 0 ? count : `${count}\n${table(['FROM (UTC)', 'TO', 'SEVERITY', 'WHY'], lines)}`;
  };
  const both = [told('The policy in force', inForce?.pages), told('The proposed policy', proposed?.pages)];
  return [`Version ${version}, ${looks} looks`, ...both].join('\n\n');
}

const time = (ms: bigint) => new Date(Number(ms)).toISOString().slice(0, 16).replace('T', ' ');

function page(drift: Drift): string {
  const head = `${drift.model} ${drift.version}, ${time(drift.fromMs)} to ${time(drift.toMs)} UTC: ${AlertState[drift.state]}`;
  const counted = `${drift.predictions} predictions, ${drift.fallbacks} fallbacks, ${drift.errors} errors`;
  const columns = ['FEATURE', 'PSI', 'KS', 'P-VALUE', 'COUNT', 'MISSING', 'UNSEEN'];
  const features = drift.features.length > 0 ? `\n\n${table(columns, drift.features.map(row))}` : '';
  return `${head}\n${drift.why}\n${counted}${features}`;
}

function row({ name, psi, ksLow, ksHigh, pValue, count, missing, unseen }: FeatureDrift): string[] {
  const ks = ksLow === undefined || ksHigh === undefined ? '-' : `${ksLow.toFixed(4)}..${ksHigh.toFixed(4)}`;
  return [
    name,
    psi?.toFixed(4) ?? '-',
    ks,
    pValue?.toPrecision(3) ?? '-',
    String(count),
    String(missing),
    String(unseen),
  ];
}
