/**
 * What is wrong with a package-lock.json, one sentence each. A lock written while one platform's package of an optional
 * set was missing installs here and is refused by `npm ci` everywhere; an address of one registry ties everybody to it.
 */
export function faultsOfLock(lock) {
  const entries = Object.entries(lock.packages);
  const locked = new Set(
    entries.map(([place]) => place.slice(place.lastIndexOf('node_modules/') + 'node_modules/'.length)),
  );
  const faults = [];
  for (const [place, entry] of entries) {
    for (const name of Object.keys(entry.optionalDependencies ?? {})) {
      if (!locked.has(name)) faults.push(`${place || 'the root'} names ${name}, which is not in the lock`);
    }
    if (/^https?:/.test(entry.resolved ?? '')) faults.push(`${place} is tied to the address ${entry.resolved}`);
  }
  return faults;
}
