export { lineageSchema, parseLineage, type Lineage, type ToldLineage } from './lineage.js';
