import type { WantedState } from '@vinaigrette/contracts/registry';

/** What was last good, kept over restarts, so that a gateway starts without the registry. */
export abstract class LastGoodCopies {
  /** Undefined when there is none, or none that can be read. */
  abstract state(): Promise<WantedState | undefined>;
  /** Keeps the state, and of the artefacts only those it names. */
  abstract keepState(state: WantedState, artefacts: readonly string[]): Promise<void>;
  /** Undefined when it is not there, or not what its SHA-256 says. */
  abstract artefact(sha256: string): Promise<Uint8Array | undefined>;
  abstract keepArtefact(sha256: string, bytes: Uint8Array): Promise<void>;
}
