#!/usr/bin/env node
import { Command, InvalidArgumentError, Option } from 'commander';
import { Problem } from '@vinaigrette/problems';
import { segmentationNames } from './domain/segmentation.js';
import { trainSegments } from './train-segments.js';
import { optionDefaults, type TrainingOptions } from './training-options.js';

const number = (text: string): number => {
  const value = Number(text);
  if (text.trim() === '' || Number.isNaN(value)) throw new InvalidArgumentError('It is no number.');
  return value;
};

const program = new Command('segments').description(
  'Trains and writes versions of the model `segments`: which sort of customer somebody is',
);

program
  .command('train')
  .description('find segments of customers, and write a version: graph, signature, golden answers, baseline, card')
  .argument('<file>', 'CSV, plain or .gz')
  .addOption(
    new Option('--segmentation <name>', 'what tells customers apart').choices(segmentationNames).makeOptionMandatory(),
  )
  .option('--clusters <number>', 'how many segments (default: rfm 4, demographic 5)', number)
  .option('--starts <number>', 'runs of k-means, of which the best is kept', number, optionDefaults.starts)
  .option('--seed <number>', 'the same seed finds the same segments', number, optionDefaults.seed)
  .option('--as-of <date>', 'day that recency is counted from; later sales are not seen')
  .requiredOption('--out-dir <folder>', 'where the files go')
  .action(async (input: string, options: Omit<TrainingOptions, 'input'>) => {
    const card = await trainSegments({ ...options, input }, (done) => process.stderr.write(`- ${done}\n`));
    process.stdout.write(`${JSON.stringify(card, null, 2)}\n`);
  })
  .addHelpText(
    'after',
    `
Examples:
  $ node dist/src/main.js train online_retail.csv.gz --segmentation rfm --as-of 2011-07-01 --out-dir version
  $ node dist/src/main.js train Mall_Customers.csv --segmentation demographic --out-dir version`,
  );

try {
  await program.parseAsync();
} catch (error) {
  if (!(error instanceof Problem)) throw error;
  process.stderr.write(`[${error.code}] ${error.message}\n  ${error.remedy}\n`);
  process.exitCode = 1;
}
