import { InvalidArgumentError } from 'commander';

/** A version as people write it: basket@3, or basket@champion. */
export interface VersionReference {
  name: string;
  /** A number or an alias. */
  version: string;
}

/** Reads NAME@VERSION from the command line. */
export function versionReference(word: string): VersionReference {
  const [, name, version] = /^([a-z0-9-]{1,64})@([a-z0-9-]{1,64})$/.exec(word) ?? [];
  if (name === undefined || version === undefined) {
    throw new InvalidArgumentError('It is a name and a number or an alias: basket@3, basket@champion');
  }
  return { name, version };
}
