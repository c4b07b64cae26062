#!/usr/bin/env node
import { Command, InvalidArgumentError, Option } from 'commander';
import { Problem } from '@vinaigrette/problems';
import { salesFormats, type SalesSource } from './adapters/read-sales.js';
import { policies } from './domain/cleaning.js';
import { demoDefaults, generateDemoSales, type DemoRequest } from './generate-demo-sales.js';
import { planShelves, shelfDefaults, type ShelfOptions } from './plan-shelves.js';
import { trainBasket } from './train-basket.js';
import { optionDefaults, type TrainingOptions } from './training-options.js';

const number = (text: string): number => {
  const value = Number(text);
  if (text.trim() === '' || Number.isNaN(value)) throw new InvalidArgumentError('It is no number.');
  return value;
};

const program = new Command('basket').description(
  'Trains and writes versions of the model `basket`: what goes with a basket',
);

program
  .command('train')
  .description('mine a sales file, and write a version: graph, signature, golden answers, baseline, best sellers, card')
  .argument('<file>', 'sales, plain or .gz')
  .addOption(new Option('--format <name>', 'how the file is written').choices(salesFormats).default('online-retail'))
  .addOption(new Option('--policy <name>', 'what is left out').choices(Object.keys(policies)).default('strict'))
  .option('--from <date>', 'first moment of the sales, ISO 8601, UTC')
  .option('--to <date>', 'first moment after them')
  .option('--min-support <share>', 'least share of the baskets that hold a rule', number, optionDefaults.minSupport)
  .option(
    '--min-confidence <share>',
    'least share of the cases a rule is right in',
    number,
    optionDefaults.minConfidence,
  )
  .option('--max-length <items>', 'most items of a rule, both sides together (default: any)', number)
  .option('--max-rules <rules>', 'most rules to serve', number, optionDefaults.maxRules)
  .option('--held-back-share <share>', 'share kept back for the hit rate', number, optionDefaults.heldBackShare)
  .requiredOption('--out-dir <folder>', 'where the files go')
  .action(async (input: string, options: Omit<TrainingOptions, 'input'>) => {
    const card = await trainBasket({ ...options, input }, (done) => process.stderr.write(`- ${done}\n`));
    process.stdout.write(`${JSON.stringify(card, null, 2)}\n`);
  })
  .addHelpText(
    'after',
    `
Examples:
  $ node dist/src/main.js train demo.csv --out-dir version
  $ node dist/src/main.js train online_retail.csv.gz --from 2011-01-01 --to 2011-07-01 --out-dir version
  $ node dist/src/main.js train groceries.csv --format basket-lines --policy raw --min-support 0.001 \\
      --min-confidence 0.8 --out-dir version`,
  );

program
  .command('shelves')
  .description('tell which goods belong side by side: those that lie in one basket oftener than by chance')
  .argument('<file>', 'sales, plain or .gz')
  .addOption(new Option('--format <name>', 'how the file is written').choices(salesFormats).default('online-retail'))
  .addOption(new Option('--policy <name>', 'what is left out').choices(Object.keys(policies)).default('strict'))
  .option('--from <date>', 'first moment of the sales, ISO 8601, UTC')
  .option('--to <date>', 'first moment after them')
  .option('--min-support <share>', 'least share of the baskets that hold a pair', number, shelfDefaults.minSupport)
  .option('--goods-max <goods>', 'most goods of a shelf', number, shelfDefaults.goodsMax)
  .option('--json', 'every attraction as JSON instead of a line a shelf')
  .action(async (input: string, { json, ...options }: Omit<SalesSource, 'input'> & ShelfOptions & { json?: true }) => {
    const shelves = await planShelves({ ...options, input }, options);
    if (json) process.stdout.write(`${JSON.stringify({ shelves }, null, 1)}\n`);
    else for (const { skus } of shelves) process.stdout.write(`${skus.join(', ')}\n`);
  })
  .addHelpText(
    'after',
    '\nExample:\n  $ node dist/src/main.js shelves groceries.csv --format basket-lines --policy raw',
  );

program
  .command('generate')
  .description('write the demo shop: six months of sales with planted associations, milk -> sugar at 80 % among them')
  .argument('<file>', 'CSV to write')
  .option('--seed <number>', 'the same seed writes the same file', number, demoDefaults.seed)
  .option('--from <date>', 'first day', demoDefaults.from)
  .option('--to <date>', 'first day after the last', demoDefaults.to)
  .option('--baskets-per-day <number>', 'mean over the week', number, demoDefaults.basketsPerDay)
  .action(async (output: string, options: Omit<DemoRequest, 'output'>) => {
    const { lines } = await generateDemoSales({ ...options, output });
    process.stderr.write(`- wrote ${lines} lines to ${output}\n`);
  })
  .addHelpText('after', '\nExample:\n  $ node dist/src/main.js generate demo.csv --seed 7');

process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error;
  process.exit(0); // whoever read (`| head`) has seen enough
});

try {
  await program.parseAsync();
} catch (error) {
  if (!(error instanceof Problem)) throw error;
  process.stderr.write(`[${error.code}] ${error.message}\n  ${error.remedy}\n`);
  process.exitCode = 1;
}
