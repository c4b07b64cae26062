import type { Command } from 'commander';
import { trainInsurance } from '@vinaigrette/insurance';

/** The model `insurance`: yearly charges, and why. */
export function addInsurance(program: Command): void {
  program
    .command('insurance')
    .description('train versions of the model insurance')
    .command('train')
    .description('learn charges from a CSV, and write a version: graph, signature, golden answers, baseline, card')
    .argument('<file>', 'CSV, plain or .gz')
    .requiredOption('--out-dir <folder>', 'where the files go')
    .addHelpText(
      'after',
      `
Example:
  $ vinaigrette insurance train insurance.csv --out-dir out/insurance
  $ vinaigrette models push out/insurance --name insurance --alias champion --reason "the first"`,
    )
    .action(async (input: string, { outDir }: { outDir: string }) => {
      const { validation } = await trainInsurance({ input, outDir }, (done) => console.log(done));
      const { r2, rmse, rows } = validation.all;
      console.log(`on ${rows} rows held back: R2 ${r2?.toFixed(4) ?? '-'}, RMSE ${Math.round(rmse)} USD`);
    });
}
