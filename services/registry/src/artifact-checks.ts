/** Which artefact was looked at when, and what was found. */
export abstract class ArtifactChecks {
  /** The artefact in use that was looked at longest ago, for this process to look at now; undefined: none so long ago. */
  abstract claim(checkedBeforeMs: number): Promise<string | undefined>;
  /** `fault` empty: it is sound. A fault that is new is announced. */
  abstract record(sha256: string, fault: string): Promise<void>;
  /** How many have a fault. */
  abstract faulty(): Promise<number>;
}
