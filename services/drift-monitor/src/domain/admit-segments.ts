import type { Counted } from './read-record.js';

/** By model: the segments that are counted by name. */
export type AdmittedSegments = Map<string, Set<string>>;

/** The value of every segment of a dimension that is not counted by name. */
const OTHER = 'OTHER';

/** "country" of "country=de"; of a text without "=" all of it. */
export const dimensionOf = (segment: string): string => segment.split('=', 1)[0] as string;

/**
 * Predictions with their segments as they are counted, and the segments admitted on the way: a name is its own while its
 * dimension holds fewer than `perDimension`, or when the version's baseline declares it; else it is OTHER.
 */
export function withinSegments(
  predictions: readonly Counted[],
  admitted: Readonly<AdmittedSegments>,
  declared: (model: string, version: number) => Iterable<string>,
  perDimension: number,
): { predictions: Counted[]; admits: { model: string; segment: string }[] } {
  const names = new Map([...admitted].map(([model, segments]) => [model, new Set(segments)]));
  const declaredBy = new Map<string, ReadonlySet<string>>();
  const admits: { model: string; segment: string }[] = [];
  const counted = predictions.map((prediction): Counted => {
    if (prediction.segments.length === 0) return prediction;
    const { model, version } = prediction.cell;
    const key = `${model}/${version}`;
    const own = declaredBy.get(key) ?? new Set(declared(model, version));
    declaredBy.set(key, own);
    let known = names.get(model);
    if (!known) names.set(model, (known = new Set()));
    const segments = prediction.segments.map((segment) => {
      if (own.has(segment) || known.has(segment)) return segment;
      const dimension = dimensionOf(segment);
      const taken = [...known].filter((name) => dimensionOf(name) === dimension).length;
      if (taken >= perDimension) return `${dimension}=${OTHER}`;
      known.add(segment);
      admits.push({ model, segment });
      return segment;
    });
    return { ...prediction, segments: [...new Set(segments)] };
  });
  return { predictions: counted, admits };
}
