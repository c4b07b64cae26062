export { jsonPath } from './json-path.js';
export { Problem, problemOf, type ProblemDetails } from './problem.js';
export { problems, type ProblemCode } from './codes.js';
export { grpcStatusOf, httpStatusOf, type ProblemKind } from './kinds.js';
