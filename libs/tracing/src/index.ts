export { startTracing, type Headers, type Tracing } from './start-tracing.js';
