import type { ModelVersion, WantedState } from '@vinaigrette/contracts/registry';

/** Where versions come from: the registry. */
export abstract class WantedStates {
  /** The whole state at once and again at every change. Ends or throws when the registry goes away. */
  abstract watch(signal: AbortSignal): AsyncIterable<WantedState>;
  /** A version that no alias names (any more); undefined when there is none. */
  abstract version(model: string, version: number, signal: AbortSignal): Promise<ModelVersion | undefined>;
  /** The bytes of an artefact; throws ARTIFACT_CORRUPT unless they have that SHA-256 (lower-case hex). */
  abstract download(sha256: string, signal: AbortSignal): Promise<Uint8Array>;
}
