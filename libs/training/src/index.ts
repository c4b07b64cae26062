export { answeredBaseline } from './answered-baseline.js';
export { goldenAnswers, type GoldenAnswers } from './golden-answers.js';
export { measureCost } from './measure-cost.js';
export { ModelSession, type Tensors } from './model-session.js';
export { parseOptions } from './parse-options.js';
export { queryCsv, type CsvQuery } from './query-csv.js';
export { digestOf, writeVersionFiles } from './version-files.js';
