#!/usr/bin/env node
import { Command } from 'commander';
import { addBackup } from './commands/backup.js';
import { addBaseline } from './commands/baseline.js';
import { addBatch } from './commands/batch.js';
import { addDataVersions } from './commands/data-versions.js';
import { addData } from './commands/data.js';
import { addDemo } from './commands/demo.js';
import { addDocuments } from './commands/documents.js';
import { addDrift } from './commands/drift.js';
import { addEvaluations } from './commands/evaluations.js';
import { addGarbage } from './commands/garbage.js';
import { addImport } from './commands/import.js';
import { addKeys } from './commands/keys.js';
import { addLabels } from './commands/labels.js';
import { addLearn } from './commands/learn.js';
import { addLineage } from './commands/lineage.js';
import { addModels } from './commands/models.js';
import { addNewModel } from './commands/new-model.js';
import { addReplay } from './commands/replay.js';
import { addRestore } from './commands/restore.js';
import { addRetrain } from './commands/retrain.js';
import { addRollouts } from './commands/rollouts.js';
import { addStart } from './commands/start.js';
import { addValidation } from './commands/validation.js';
import { addWebhooks } from './commands/webhooks.js';
import { failureText } from './tell-failure.js';

const program = new Command('vinaigrette')
  .description('Models and applications made apart, changed apart, good together.')
  .showHelpAfterError('(--help tells more)')
  .addHelpText(
    'after',
    `
Examples:
  $ vinaigrette start
  $ vinaigrette models list
  $ vinaigrette documents put rule-set shop shop.yaml --alias champion --reason "summer rules"
  $ vinaigrette rollouts start basket 2 --step-time 10m --reason "July sales"
  $ vinaigrette models rollback basket --reason "it recommends too little"
  $ vinaigrette batch score --use-case quote --input people.csv --output quotes.parquet
  $ vinaigrette baseline training.parquet --segment country
  $ vinaigrette replay --candidate model@3 --since 7d --min-lift -0.01
  $ vinaigrette drift basket --window 24h

The registry is found by REGISTRY_ADDRESS (127.0.0.1:5001), the drift monitor by MONITOR_URL (http://127.0.0.1:8090).`,
  );
addStart(program);
const models = addModels(program);
addLineage(models);
addImport(models);
addNewModel(models);
addValidation(program, models);
addDocuments(program);
addRollouts(program);
addRestore(program);
addBackup(program);
addWebhooks(program);
addKeys(program);
addGarbage(program);
addEvaluations(program);
addBaseline(program);
addDrift(program);
addLabels(program);
addDataVersions(addData(program));
addBatch(program);
addReplay(program);
addLearn(program);
addRetrain(program);
addDemo(program);

try {
  await program.parseAsync(process.argv);
} catch (error) {
  console.error(`\n${failureText(error)}`);
  process.exit(1);
}
