import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Command } from 'commander';
import { provideFirstModel } from '../house/first-model.js';
import { openRegistry } from './registry-of.js';

export function addDemo(program: Command): void {
  program
    .command('demo')
    .description("give an empty registry the demo shop's model, use case and rule set; what is there is left alone")
    .addHelpText('after', '\nExample:\n  $ REGISTRY_ADDRESS=127.0.0.1:5001 vinaigrette demo')
    .action(async () => {
      const folder = await mkdtemp(path.join(tmpdir(), 'vinaigrette-demo-'));
      try {
        await provideFirstModel(openRegistry(), folder, (news) => console.log(news));
        console.log('The registry has a champion of basket, the rule set shop and the use case recommendations.');
      } finally {
        await rm(folder, { recursive: true });
      }
    });
}
