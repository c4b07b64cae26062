import path from 'node:path';
import { Problem } from '@vinaigrette/problems';
import type { Command } from 'commander';
import { withArchive } from '../adapters/archive.js';
import { readConfig } from '../config.js';

/** How DuckDB writes a file, by the end of its name. */
const formats: Record<string, string> = {
  '.csv': 'FORMAT csv, HEADER',
  '.json': 'FORMAT json',
  '.parquet': 'FORMAT parquet, COMPRESSION zstd',
};

export function addData(program: Command): Command {
  const data = program
    .command('data')
    .description('what is trained on, and what is kept of every prediction and outcome');
  data
    .command('export')
    .requiredOption('--sql <query>', 'over the tables predictions and outcomes')
    .requiredOption('--out <file>', '.csv, .json or .parquet')
    .description('write the answer of a query over the archive into a file')
    .addHelpText(
      'after',
      `\nExample:\n  $ vinaigrette data export --out july.parquet \\\n      --sql "SELECT * FROM predictions JOIN outcomes USING (prediction_id) WHERE model = 'basket'"`,
    )
    .action(exportData);
  return data;
}

async function exportData({ sql, out }: { sql: string; out: string }): Promise<void> {
  const format = formats[path.extname(out)];
  if (!format) {
    throw new Problem('FILE_UNREADABLE', `${out} ends with none of ${Object.keys(formats).join(', ')}`, {
      field: 'out',
    });
  }
  const target = path.resolve(out).replaceAll("'", "''");
  await withArchive(readConfig(process.env).MONITOR_URL, async (connection, files) => {
    const written = await connection
      .runAndReadAll(`COPY (${sql.replace(/;\s*$/, '')}) TO '${target}' (${format})`)
      .catch((cause: Error) => {
        const [why] = cause.message.split('\n');
        throw new Problem('BODY_INVALID', `The query cannot be answered: ${why}`, { field: 'sql', cause });
      });
    console.log(`${Number(written.getRows()[0]?.[0] ?? 0)} rows from ${files} files are in ${out}`);
  });
}
