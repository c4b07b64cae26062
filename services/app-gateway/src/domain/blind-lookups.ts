import type { Configuration } from './configuration.js';
import type { Fault } from './last-good.js';

/** What a gateway that was given no database of the shop cannot find: every field that lookups bring is unknown. */
export function blindLookups({ useCases }: Configuration): Fault[] {
  const tried = [...useCases.values()].flatMap((it) => [it, ...it.trials.useCase.map(({ candidate }) => candidate)]);
  return tried.flatMap(({ name, version, document }) => {
    const precomputed = document.kind === 'recommendation' && document.precomputed ? [document.precomputed] : [];
    const tables = [...Object.values(document.lookups), ...precomputed].map(({ table }) => table);
    if (tables.length === 0) return [];
    const why = `SHOP_DATABASE_URL is not set: no row of ${tables.join(' or ')} is found, and every field is unknown`;
    return [{ subject: `lookups of ${name} ${version}`, why }];
  });
}
