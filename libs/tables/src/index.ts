export type { Lines } from './decode-lines.js';
export { digestOf } from './digest-of.js';
export { numberOf, timeOf } from './field-values.js';
export { BAD_LINES_MAX, Intake, tellIntake, type Finding, type IntakeReport } from './intake.js';
export { readLines } from './read-csv.js';
export { BadRow, identify, readTable, readWholeTable, type SourceIdentity, type TableReader } from './read-table.js';
export { nameOf, type SourceKind, type TableSource } from './table-source.js';
export { takeIn, type IntakeOptions } from './take-in.js';
