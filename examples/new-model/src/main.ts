#!/usr/bin/env node
import { join } from 'node:path';
import { modelProgram, runProgram } from '@vinaigrette/training';
import { recipe } from './recipe.js';

await runProgram(modelProgram(recipe, join(import.meta.dirname, '../..')));
