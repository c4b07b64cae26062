import type { ArtifactEntry } from './domain/mlflow/artifact-path.js';

export interface StoredEntry extends ArtifactEntry {
  sha256: string;
}

/** Which artefact lies under which path, for clients that think in folders. The bytes are the artefact store's. */
export abstract class ArtifactTrees {
  /**
   * Puts a file there, in place of the one that is. Throws BODY_INVALID where a folder is, or below a file, and what
   * `checkFile` throws, which looks whether the artefact is there while nothing takes it away.
   */
  abstract put(entry: StoredEntry, checkFile: () => Promise<unknown>): Promise<void>;
  abstract find(path: string): Promise<StoredEntry | undefined>;
  /** Every file below a folder, by path; "" is the whole tree. */
  abstract below(folder: string): Promise<StoredEntry[]>;
  /** Takes the file, or the folder with all that is in it, away. */
  abstract remove(path: string): Promise<void>;
  /** Puts these files below a folder that is never written to again; what lies there already stays. */
  abstract freeze(folder: string, files: readonly StoredEntry[]): Promise<void>;
}
