import type { KnownVersion } from './domain/known-version.js';

/** The versions this process can count, in memory. */
export class KnownVersions {
  private readonly versions = new Map<string, KnownVersion>();
  private champions: ReadonlyMap<string, number> = new Map();

  add(known: KnownVersion): void {
    this.versions.set(key(known.model, known.version), known);
  }

  of(model: string, version: number): KnownVersion | undefined {
    return this.versions.get(key(model, version));
  }

  /** Which version holds each model's champion, as the registry last said. */
  setChampions(champions: ReadonlyMap<string, number>): void {
    this.champions = champions;
  }

  championOf(model: string): number | undefined {
    return this.champions.get(model);
  }

  all(): KnownVersion[] {
    return [...this.versions.values()];
  }
}

const key = (model: string, version: number) => `${model}/${version}`;
