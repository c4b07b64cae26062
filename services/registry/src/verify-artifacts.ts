import { Problem } from '@vinaigrette/problems';
import type { ArtifactChecks } from './artifact-checks.js';
import type { Artifacts } from './artifacts.js';

const FAULTS: readonly string[] = ['ARTIFACT_CORRUPT', 'ARTIFACT_NOT_FOUND'];

/** Reads artefacts again, one at a time, and compares their SHA-256: so rot is known before somebody needs the bytes. */
export class VerifyArtifacts {
  /** `everyMs`: how old the last look at an artefact may become. `tell`: of each fault, and how many there are. */
  constructor(
    private readonly artifacts: Artifacts,
    private readonly checks: ArtifactChecks,
    private readonly everyMs: number,
    private readonly now: () => number,
    private readonly tell: { fault(why: string): void; faulty(count: number): void },
  ) {}

  /** Looks at the one that is due longest, if any is. */
  async next(): Promise<void> {
    const sha256 = await this.checks.claim(this.now() - this.everyMs);
    if (sha256 === undefined) return;
    const fault = await this.faultOf(sha256);
    if (fault !== '') this.tell.fault(fault);
    await this.checks.record(sha256, fault);
    this.tell.faulty(await this.checks.faulty());
  }

  private async faultOf(sha256: string): Promise<string> {
    try {
      for await (const chunk of this.artifacts.read(sha256)) void chunk; // read() compares the digest at the end
      return '';
    } catch (error) {
      if (error instanceof Problem && FAULTS.includes(error.code)) return error.message;
      throw error; // a store that does not answer says nothing of the bytes
    }
  }
}
