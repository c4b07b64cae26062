import type { EntityManager } from 'typeorm';
import { dimensionOf, withinSegments, type AdmittedSegments } from '../../domain/admit-segments.js';
import type { Counted } from '../../domain/read-record.js';

/** Any number of its own: segments are admitted by one transaction at a time, so that no dimension passes its limit. */
const ADMISSION_LOCK = 7_466_305;

/**
 * The predictions with the segments they are counted in: those of the baseline and those admitted by name, up to
 * `perDimension` of a dimension; any other is OTHER. Whoever meets a new one while there is room admits it.
 */
export async function admitSegments(
  manager: EntityManager,
  counted: readonly Counted[],
  declared: (model: string, version: number) => Iterable<string>,
  perDimension: number,
): Promise<Counted[]> {
  if (!counted.some(({ segments }) => segments.length > 0)) return [...counted];
  const models = [...new Set(counted.map(({ cell }) => cell.model))];
  let admitted = await readSegments(manager, models);
  let { predictions, admits } = withinSegments(counted, admitted, declared, perDimension);
  if (admits.length === 0) return predictions;
  await manager.query('SELECT pg_advisory_xact_lock($1)', [ADMISSION_LOCK]);
  // Somebody else may have taken the room in the meantime.
  admitted = await readSegments(manager, models);
  ({ predictions, admits } = withinSegments(counted, admitted, declared, perDimension));
  await manager.query(
    `INSERT INTO drift_monitor.segment (model, segment, dimension) SELECT * FROM unnest($1::text[], $2::text[], $3::text[])
     ON CONFLICT DO NOTHING`,
    [
      admits.map(({ model }) => model),
      admits.map(({ segment }) => segment),
      admits.map(({ segment }) => dimensionOf(segment)),
    ],
  );
  return predictions;
}

async function readSegments(manager: EntityManager, models: string[]): Promise<AdmittedSegments> {
  const rows = await manager.query<{ model: string; segment: string }[]>(
    'SELECT model, segment FROM drift_monitor.segment WHERE model = ANY($1)',
    [models],
  );
  const admitted: AdmittedSegments = new Map();
  for (const { model, segment } of rows) admitted.set(model, (admitted.get(model) ?? new Set()).add(segment));
  return admitted;
}
