import type { CollectGarbageRequest } from '@vinaigrette/contracts/registry';
import { Problem } from '@vinaigrette/problems';
import type { ArtifactUses } from './artifact-uses.js';
import type { Artifacts } from './artifacts.js';
import {
  decideGarbage,
  decideGivenUp,
  type GarbagePolicy,
  type KeptVersion,
  type StoredArtifact,
} from './domain/decide-garbage.js';
import { checkActor } from './domain/names.js';

const HOUR_MS = 60 * 60 * 1_000;
const GRACE_DEFAULT_MS = 24 * HOUR_MS;
/** Deleted while registrations wait; then they have their turn. */
const BATCH = 200;

export interface Collected {
  garbage: StoredArtifact[];
  kept: number;
  versions: KeptVersion[];
}

/** Finds, and deletes when asked to, artefacts that nothing needs. */
export class CollectGarbage {
  constructor(
    private readonly artifacts: Artifacts,
    private readonly uses: ArtifactUses,
    private readonly now: () => number,
  ) {}

  async collect({ delete: isMeant, keep, graceMs, actor }: CollectGarbageRequest): Promise<Collected> {
    checkActor(actor, 'actor');
    if (graceMs !== 0n && graceMs < HOUR_MS) {
      throw new Problem('BODY_INVALID', 'The grace time is at least an hour: uploads are registered within it', {
        field: 'graceMs',
      });
    }
    const policy = { keep, before: this.now() - (Number(graceMs) || GRACE_DEFAULT_MS) };
    const stored = await this.stored();
    if (!isMeant) {
      const facts = await this.uses.facts();
      const versions = decideGivenUp(facts, stored, policy);
      const garbage = decideGarbage(facts, stored, versions, policy);
      return { garbage, kept: stored.length - garbage.length, versions };
    }
    // First the versions, which from then on nobody can give an alias; then files, each looked at again.
    const versions = await this.uses.whileStill(async (facts, giveUp) => {
      const decided: KeptVersion[] = [];
      for (const version of decideGivenUp(facts, stored, policy)) {
        const seen = (await Promise.all(version.sha256s.map((sha256) => this.artifacts.find(sha256)))).filter(isThere);
        if (seen.every(({ changedAtMs }) => changedAtMs < policy.before)) decided.push(version);
      }
      await giveUp(decided);
      return decided;
    });
    const garbage: StoredArtifact[] = [];
    for (let at = 0; at < stored.length; at += BATCH) {
      garbage.push(...(await this.deleteOf(stored.slice(at, at + BATCH), policy)));
    }
    return { garbage, kept: stored.length - garbage.length, versions };
  }

  private deleteOf(some: readonly StoredArtifact[], policy: GarbagePolicy): Promise<StoredArtifact[]> {
    return this.uses.whileStill(async (facts) => {
      const deleted: StoredArtifact[] = [];
      for (const artifact of decideGarbage(facts, some, [], policy)) {
        const seen = await this.artifacts.find(artifact.sha256);
        if (!seen || seen.changedAtMs >= policy.before) continue; // it was uploaded again meanwhile
        await this.artifacts.remove(artifact.sha256);
        deleted.push(artifact);
      }
      return deleted;
    });
  }

  private async stored(): Promise<StoredArtifact[]> {
    const all: StoredArtifact[] = [];
    for await (const artifact of this.artifacts.list()) all.push(artifact);
    return all;
  }
}

const isThere = (artifact: StoredArtifact | undefined): artifact is StoredArtifact => artifact !== undefined;
