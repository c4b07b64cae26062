import { createClient } from '@connectrpc/connect';
import { createConnectTransport } from '@connectrpc/connect-node';
import { AlertState, DriftMonitorService, type Drift, type FeatureDrift } from '@vinaigrette/contracts/monitor';
import type { Command } from 'commander';
import { readConfig } from '../config.js';
import { table } from '../domain/table.js';

export function addDrift(program: Command): void {
  program
    .command('drift')
    .argument('<model>')
    .option('--model-version <number>', 'default: the newest that was counted', '')
    .option('--window <length>', '1h or 24h, up to now', '1h')
    .description('how far the predictions of a window are from the baseline of their version')
    .addHelpText('after', '\nExample:\n  $ vinaigrette drift basket --window 24h')
    .action(async (model: string, { modelVersion, window }: { modelVersion: string; window: string }) => {
      const transport = createConnectTransport({
        baseUrl: readConfig(process.env).MONITOR_URL,
        httpVersion: '1.1',
        defaultTimeoutMs: 30_000,
      });
      const request = { model, version: modelVersion, window };
      const { drift } = await createClient(DriftMonitorService, transport).getDrift(request);
      console.log(drift ? page(drift) : `Nothing is known of ${model}`);
    });
}

function page(drift: Drift): string {
  const time = (ms: bigint) => new Date(Number(ms)).toISOString().slice(0, 16).replace('T', ' ');
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
