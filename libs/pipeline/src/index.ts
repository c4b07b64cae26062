export type { Trial } from './halve.js';
export { codeDigest, runPipeline, type PipelineOptions } from './run-pipeline.js';
export { searchBest } from './search.js';
export { choiceOf, drawFrom, gridOf, seededRandom, type Candidate, type SearchSpace } from './search-space.js';
export type { Parameters, Step, StepOutcome } from './step.js';
