export { trainInsurance, type TrainingOptions } from './train-insurance.js';
export type { Card } from './card.js';
