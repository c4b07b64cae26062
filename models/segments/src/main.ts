#!/usr/bin/env node
import { join } from 'node:path';
import { modelProgram, runProgram } from '@vinaigrette/training';
import { segmentsRecipe } from './train-segments.js';

const program = modelProgram(segmentsRecipe, join(import.meta.dirname, '../..')).addHelpText(
  'afterAll',
  `
Examples:
  $ node dist/src/main.js train online_retail.csv.gz --segmentation rfm --as-of 2011-07-01 --out-dir version
  $ node dist/src/main.js train Mall_Customers.csv --segmentation demographic --out-dir version
  $ node dist/src/main.js tune Mall_Customers.csv --segmentation demographic --try clusters=2..8 --trials 7`,
);

await runProgram(program);
