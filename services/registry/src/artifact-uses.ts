import type { KeptVersion, UseFacts } from './domain/decide-garbage.js';

/** What needs which artefact, and who may change that meanwhile. */
export abstract class ArtifactUses {
  abstract facts(): Promise<UseFacts>;
  /**
   * Does the work while nobody can begin to use an artefact, or a version, that was there before: registrations, moves
   * of aliases and uploads of runs wait, then see what became of it. `giveUp` marks versions as without their files, once
   * the work is done.
   */
  abstract whileStill<T>(
    work: (facts: UseFacts, giveUp: (versions: readonly KeptVersion[]) => Promise<void>) => Promise<T>,
  ): Promise<T>;
}
