import type { KnownVersion } from './domain/known-version.js';

/** The versions this process can count, in memory. */
export class KnownVersions {
  private readonly versions = new Map<string, KnownVersion>();

  add(known: KnownVersion): void {
    this.versions.set(key(known.model, known.version), known);
  }

  of(model: string, version: number): KnownVersion | undefined {
    return this.versions.get(key(model, version));
  }

  all(): KnownVersion[] {
    return [...this.versions.values()];
  }
}

const key = (model: string, version: number) => `${model}/${version}`;
