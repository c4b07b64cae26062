#!/usr/bin/env node
import { join } from 'node:path';
import { Option } from 'commander';
import { modelProgram, numberFrom, runProgram } from '@vinaigrette/training';
import { salesFormats, type SalesChoice } from './adapters/read-sales.js';
import { policies } from './domain/cleaning.js';
import { demoDefaults, generateDemoSales, type DemoRequest } from './generate-demo-sales.js';
import { planShelves, shelfDefaults, type ShelfOptions } from './plan-shelves.js';
import { basketRecipe } from './train-basket.js';

const program = modelProgram(basketRecipe, join(import.meta.dirname, '../..')).addHelpText(
  'afterAll',
  `
Examples:
  $ node dist/src/main.js train demo.csv --out-dir version
  $ node dist/src/main.js train online_retail.csv.gz --window 6M --to 2011-07-01 --out-dir version
  $ DATABASE_URL=postgres://... node dist/src/main.js train --table sales --out-dir version
  $ node dist/src/main.js train groceries.csv --format basket-lines --policy raw --min-support 0.001 \\
      --min-confidence 0.8 --out-dir version
  $ node dist/src/main.js tune demo.csv --try minSupport=0.005..0.02 --try minConfidence=0.1..0.5 --out parameters.yaml
  $ node dist/src/main.js train demo.csv --parameters parameters.yaml --out-dir version`,
);

program
  .command('shelves')
  .description('tell which goods belong side by side: those that lie in one basket oftener than by chance')
  .argument('<file>', 'sales, plain or .gz')
  .addOption(new Option('--format <name>', 'how the file is written').choices(salesFormats).default('online-retail'))
  .addOption(new Option('--policy <name>', 'what is left out').choices(Object.keys(policies)).default('strict'))
  .option('--from <date>', 'first moment of the sales, ISO 8601, UTC')
  .option('--to <date>', 'first moment after them')
  .option('--min-support <share>', 'least share of the baskets that hold a pair', numberFrom, shelfDefaults.minSupport)
  .option('--goods-max <goods>', 'most goods of a shelf', numberFrom, shelfDefaults.goodsMax)
  .option('--json', 'every attraction as JSON instead of a line a shelf')
  .action(async (input: string, { json, ...options }: SalesChoice & ShelfOptions & { json?: true }) => {
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
  .option('--seed <number>', 'the same seed writes the same file', numberFrom, demoDefaults.seed)
  .option('--from <date>', 'first day', demoDefaults.from)
  .option('--to <date>', 'first day after the last', demoDefaults.to)
  .option('--baskets-per-day <number>', 'mean over the week', numberFrom, demoDefaults.basketsPerDay)
  .action(async (output: string, options: Omit<DemoRequest, 'output'>) => {
    const { lines } = await generateDemoSales({ ...options, output });
    process.stderr.write(`- wrote ${lines} lines to ${output}\n`);
  })
  .addHelpText('after', '\nExample:\n  $ node dist/src/main.js generate demo.csv --seed 7');

await runProgram(program);
