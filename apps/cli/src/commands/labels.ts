import path from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';
import type { Command } from 'commander';
import { Problem } from '@vinaigrette/problems';
import { table } from '../domain/table.js';
import { questionOf } from './measures.js';
import { openMonitor } from './monitor-of.js';
import { timeMs, wholeNumber } from './words.js';

/** Labels sent with one call. */
const SENT_AT_ONCE = 1_000;

export function addLabels(program: Command): void {
  const labels = program.command('labels').description('which predictions are worth a label, and the labels');
  labels
    .command('list')
    .argument('<model>')
    .option('--model-version <number>', 'default: the newest that was counted', '')
    .option('--window <length>', '1h or 24h, up to now', '24h')
    .option('--from <time>', 'ISO 8601, with --to, in the place of a window', timeMs)
    .option('--to <time>', 'ISO 8601', timeMs)
    .option('--segment <segment>', 'dimension=value', '')
    .option('--most <number>', 'how many', wholeNumber, 50)
    .option('--json', 'one JSON object a line, with what was logged')
    .description('predictions whose truth would teach most: of drifted segments, and those the model was unsure of')
    .action(async (model: string, { most, json, ...asked }) => {
      const { candidates } = await openMonitor().listLabelCandidates({ question: questionOf(model, asked), most });
      if (json) {
        for (const { predictionId, loggedJson, segments, why } of candidates) {
          console.log(JSON.stringify({ prediction_id: predictionId, logged: JSON.parse(loggedJson), segments, why }));
        }
        return;
      }
      const rows = candidates.map(({ predictionId, segments, uncertainty, why }) => [
        ...[predictionId, segments.join(' ') || '-', uncertainty?.toFixed(2) ?? '-', why],
      ]);
      console.log(table(['PREDICTION', 'SEGMENTS', 'UNCERTAINTY', 'WHY'], rows));
    });
  labels
    .command('import')
    .argument('<file>', '.csv, .json or .parquet: prediction_id and label (a number or a class)')
    .option('--source <name>', 'who labelled', '')
    .description('take labels in; the same file again changes nothing')
    .addHelpText('after', '\nExample:\n  $ vinaigrette labels import july.csv --source "claims department"')
    .action(importLabels);
}

async function importLabels(file: string, { source }: { source: string }): Promise<void> {
  const labels = await labelsOf(file);
  const told = { labels: 0, unknown: 0 };
  for (let at = 0; at < labels.length; at += SENT_AT_ONCE) {
    const answer = await openMonitor().importLabels({ labels: labels.slice(at, at + SENT_AT_ONCE), source });
    told.labels += answer.labels;
    told.unknown += answer.unknown;
  }
  const unknown = told.unknown > 0 ? `; the archive does not hold the prediction of ${told.unknown} (yet)` : '';
  console.log(`${told.labels} labels are taken in${unknown}`);
}

/** The file's labels: a label that is a number is told as one, any other as a class. Throws FILE_UNREADABLE. */
async function labelsOf(file: string) {
  const instance = await DuckDBInstance.create(':memory:');
  const connection = await instance.connect();
  try {
    const from = path.resolve(file).replaceAll("'", "''");
    const csv = file.endsWith('.csv') ? `read_csv('${from}', all_varchar = true)` : `'${from}'`;
    const reader = await connection.runAndReadAll(
      `SELECT prediction_id::varchar AS id, label::varchar AS label FROM ${csv}`,
    );
    return (reader.getRowObjectsJS() as { id: string | null; label: string | null }[]).map(({ id, label }, index) => {
      if (!id || label === null || label === '') throw new Error(`row ${index + 1} lacks its prediction_id or label`);
      const number = Number(label);
      return Number.isFinite(number) && label.trim() !== ''
        ? { predictionId: id, number }
        : { predictionId: id, text: label };
    });
  } catch (cause) {
    const [why] = (cause as Error).message.split('\n');
    throw new Problem('FILE_UNREADABLE', `${file} holds no labels: ${why}`, { field: 'file', cause });
  } finally {
    connection.closeSync();
    instance.closeSync();
  }
}
