export { digestOf } from '@vinaigrette/tables';
export { answeredBaseline } from './answered-baseline.js';
export { goldenAnswers, type GoldenAnswers } from './golden-answers.js';
export { measureCost } from './measure-cost.js';
export { modelProgram, runProgram } from './model-program.js';
export { ModelSession, type Tensors } from './model-session.js';
export { numberFrom } from './parameter-options.js';
export { parseOptions } from './parse-options.js';
export type { Progress, Provenance, Reached, Recipe, VersionFiles } from './recipe.js';
export {
  loadData,
  trainVersion,
  type SourceOptions,
  type StepCache,
  type TrainingRun,
  type VersionOptions,
} from './train-version.js';
export { trainingLineage } from './training-lineage.js';
export { tuneParameters, type SearchOptions } from './tune-parameters.js';
export { writeVersionFiles } from './version-files.js';
