import type { WantedState } from '@vinaigrette/contracts/registry';

/** Where the wanted state comes from: the registry. */
export abstract class WantedStates {
  /** The whole state at once and again at every change. Ends or throws when the registry goes away. */
  abstract watch(signal: AbortSignal): AsyncIterable<WantedState>;
  /** The bytes of an artefact; throws ARTIFACT_CORRUPT unless they have that SHA-256 (lower-case hex). */
  abstract download(sha256: string, signal: AbortSignal): Promise<Uint8Array>;
}
