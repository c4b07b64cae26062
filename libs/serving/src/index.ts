export { adjustOutputs, type FiredOnOutputs, type Outputs, type OutputValue } from './adjust-outputs.js';
export { applyRules, type Fired, type FiredOnItems, type Item } from './apply-rules.js';
export {
  basketTensors,
  bestSellingItems,
  differentItems,
  namesItems,
  recommendedItems,
  type BestSeller,
} from './basket.js';
export { parseBestSellers } from './best-sellers.js';
export { compileRules, noRules, type CompiledRules } from './compile-rules.js';
export {
  checkModel,
  checkRules,
  compileUseCase,
  segmentsIn,
  segmentsOf,
  type CompiledUseCase,
} from './compile-use-case.js';
export { BUCKETS, bucketOf, drawSide, drawsShadow, propensityOf, type Draw, type Side, type Trial } from './draw.js';
export { joiningKey, joinRows, sameAnswer, splitRows, type Joining, type Tensors } from './join-rows.js';
export { knownVersion, type KnownVersion } from './known-version.js';
export { makeInputs, numbersFromText } from './make-inputs.js';
export { murmur3 } from './murmur3.js';
export { parseJson } from './parse-json.js';
export { inputTensors, outputValues } from './prediction-tensors.js';
export { rulesBefore } from './rules-before.js';
export { scopeOf, Situation, type CatalogueRow, type Circumstances } from './situation.js';
