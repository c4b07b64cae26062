export { insuranceRecipe, trainInsurance, type TrainingOptions } from './train-insurance.js';
export { judgeGraph } from './judge-graph.js';
export { OnlineInsurance, type OnlineInsuranceOptions } from './online-insurance.js';
export type { Card } from './card.js';
