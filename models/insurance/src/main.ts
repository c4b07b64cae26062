#!/usr/bin/env node
import { join } from 'node:path';
import { modelProgram, runProgram } from '@vinaigrette/training';
import { insuranceRecipe } from './train-insurance.js';

const program = modelProgram(insuranceRecipe, join(import.meta.dirname, '../..')).addHelpText(
  'afterAll',
  `
Examples:
  $ node dist/src/main.js train insurance.csv --out-dir version
  $ DATABASE_URL=postgres://... node dist/src/main.js train --table insured --out-dir version
  $ node dist/src/main.js tune insurance.csv --try ridge=0..50 --trials 12`,
);

await runProgram(program);
