/** A number that tells customers apart, as the graph takes it. */
export interface CustomerFeature {
  /** Name of the graph's input, float32 [B, 1], NaN where unknown; the unit is part of it. */
  readonly name: string;
  /** log1p where a few customers are a hundred times the usual one: else they alone would make the clusters. */
  readonly transform: 'none' | 'log1p';
}

/** What customers are told apart by. */
export interface Segmentation {
  readonly features: readonly CustomerFeature[];
  /** `standard`: divided by the standard deviation; `none`: as they are, where the units are alike. */
  readonly scale: 'standard' | 'none';
  /** Clusters, when nobody says how many. */
  readonly clusters: number;
}

export const segmentations = {
  /** How lately, how often and how much a customer bought. */
  rfm: {
    features: [
      { name: 'recencyDays', transform: 'log1p' },
      { name: 'orders', transform: 'log1p' },
      { name: 'spent', transform: 'log1p' },
    ],
    scale: 'standard',
    clusters: 4,
  },
  /** Who the customer is: yearly income in thousands, and how freely it is spent, 1 to 100. */
  demographic: {
    features: [
      { name: 'incomeThousands', transform: 'none' },
      { name: 'spendingScore', transform: 'none' },
    ],
    scale: 'none',
    clusters: 5,
  },
} as const satisfies Record<string, Segmentation>;

export type SegmentationName = keyof typeof segmentations;
export const segmentationNames = Object.keys(segmentations) as SegmentationName[];

/** A customer's values in the order of the features; NaN: unknown. */
export type CustomerRow = readonly number[];
