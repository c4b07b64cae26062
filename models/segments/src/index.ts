export { segmentsRecipe, trainSegments, type TrainingOptions } from './train-segments.js';
export type { Card } from './card.js';
export { segmentationNames, type SegmentationName } from './domain/segmentation.js';
