export { trainSegments } from './train-segments.js';
export type { Card } from './card.js';
export type { TrainingOptions } from './training-options.js';
export { segmentationNames, type SegmentationName } from './domain/segmentation.js';
