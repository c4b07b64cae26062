import type { WorkFolder } from '@vinaigrette/object-store';
import type { StoredArtifact } from './domain/decide-garbage.js';

/** Bytes kept under their SHA-256 (lower-case hex). What is kept never changes, so it may be copied and cached at will. */
export abstract class Artifacts {
  /**
   * Keeps the bytes; once this resolves they survive a crash of the machine. Keeping what is there already replaces it
   * by the same bytes, which mends a copy that has rotted. Throws BODY_TOO_LARGE above the limit, STORAGE_FULL.
   */
  abstract keep(chunks: AsyncIterable<Uint8Array>): Promise<KeptArtifact>;
  /** Bytes of an artefact; undefined when it is not here. */
  abstract sizeOf(sha256: string): Promise<bigint | undefined>;
  /** What the store knows of it without reading it; undefined when it is not here. */
  abstract find(sha256: string): Promise<StoredArtifact | undefined>;
  abstract list(): AsyncIterable<StoredArtifact>;
  /** Takes it away, for whoever knows that nothing needs it. */
  abstract remove(sha256: string): Promise<void>;
  /** Its bytes in chunks. Throws ARTIFACT_NOT_FOUND at once; ARTIFACT_CORRUPT at the end, when they are not its bytes. */
  abstract read(sha256: string): AsyncIterable<Uint8Array>;
  /** A folder with the files under their paths, for programs that open files. Nobody may write to them. */
  abstract layOut(files: readonly { path: string; sha256: string }[]): Promise<WorkFolder>;
}

export interface KeptArtifact {
  sha256: string;
  sizeBytes: bigint;
}
