#!/usr/bin/env node
import { Command } from 'commander';
import { Problem } from '@vinaigrette/problems';
import { trainInsurance } from './train-insurance.js';

const program = new Command('insurance').description('Trains and writes versions of the model `insurance`');

program
  .command('train')
  .description('learn charges from a CSV, and write a version: graph, signature, golden answers, baseline, card')
  .argument('<file>', 'CSV, plain or .gz')
  .requiredOption('--out-dir <folder>', 'where the files go')
  .action(async (input: string, { outDir }: { outDir: string }) => {
    const card = await trainInsurance({ input, outDir }, (done) => process.stderr.write(`- ${done}\n`));
    process.stdout.write(`${JSON.stringify(card, null, 2)}\n`);
  })
  .addHelpText('after', '\nExample:\n  $ node dist/src/main.js train insurance.csv --out-dir version');

try {
  await program.parseAsync();
} catch (error) {
  if (!(error instanceof Problem)) throw error;
  process.stderr.write(`[${error.code}] ${error.message}\n  ${error.remedy}\n`);
  process.exitCode = 1;
}
